// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {DeterministicFactory} from "../../src/DeterministicFactory.sol";
import {DevnetToken} from "../support/DevnetToken.sol";

contract DeterministicFactoryTest is Test {
    DeterministicFactory private _factory = new DeterministicFactory();
    address private _deployer = makeAddr("deployer");
    address private _squatter = makeAddr("squatter");

    function test_deploy_isIndependentOfCodeAndArguments() public {
        address expected = _factory.addressOf(_deployer, "salt");
        vm.expectEmit(address(_factory));
        emit DeterministicFactory.Deployed(_deployer, "salt", expected);
        assertEq(deployToken(_deployer, "salt", 18), expected);
        assertEq(DevnetToken(expected).decimals(), 18);
    }

    function test_deploy_cannotBeSquatted() public {
        address expected = _factory.addressOf(_deployer, "salt");
        address squatted = deployToken(_squatter, "salt", 6);
        assertNotEq(squatted, expected);
        assertEq(deployToken(_deployer, "salt", 18), expected);
        assertEq(DevnetToken(expected).decimals(), 18);
    }

    function test_deploy_revertsIfTheSaltWasUsed() public {
        deployToken(_deployer, "salt", 18);
        vm.expectRevert(DeterministicFactory.DeploymentFailed.selector);
        deployToken(_deployer, "salt", 6);
    }

    function test_deploy_revertsIfTheConstructorReverts() public {
        vm.expectRevert(DeterministicFactory.DeploymentFailed.selector);
        _factory.deploy("salt", hex"5f5ffd");
    }

    function testFuzz_addressOf_differsPerDeployerAndSalt(address a, address b, bytes32 salt, bytes32 other)
        public
        view
    {
        vm.assume(a != b && salt != other);
        assertNotEq(_factory.addressOf(a, salt), _factory.addressOf(b, salt));
        assertNotEq(_factory.addressOf(a, salt), _factory.addressOf(a, other));
    }

    function deployToken(address deployer, bytes32 salt, uint8 decimals) private returns (address) {
        bytes memory code = bytes.concat(type(DevnetToken).creationCode, abi.encode("T", "T", decimals));
        vm.prank(deployer);
        return _factory.deploy(salt, code);
    }
}
