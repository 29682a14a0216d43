// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {Checkpointer} from "../../src/Checkpointer.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DepositRouter} from "../../src/DepositRouter.sol";
import {Directory} from "../../src/Directory.sol";
import {ISafe} from "../../script/external/ISafe.sol";
import {AsConfigured} from "../../script/lib/AsConfigured.sol";
import {DevnetTest} from "../support/DevnetTest.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

contract DeployDevnetTest is DevnetTest {
    address private _enclave = makeAddr("enclave");

    function test_deployments_areWhatIsRecorded() public {
        (Deployed memory home, Deployed memory second) = deployBoth();
        assertTrue(_isSameJson(_record(second), vm.readFile(_recordPath())), _recordPath());
        vm.chainId(HOME);
        assertTrue(_isSameJson(_record(home), vm.readFile(_recordPath())), _recordPath());
    }

    function test_isSameJson_seesEveryDifference() public {
        Deployed memory deployed = deployChain(HOME, _enclave);
        string memory recorded = _record(deployed);
        assertTrue(_isSameJson(recorded, recorded));
        deployed.tokens.usdc = makeAddr("elsewhere");
        assertFalse(_isSameJson(recorded, _record(deployed)));
        string memory other = vm.replace(recorded, '"router"', '"rooter"');
        assertFalse(_isSameJson(recorded, other));
        other = vm.replace(recorded, '"home":true', '"home":false');
        assertFalse(_isSameJson(recorded, other));
    }

    function test_addresses_areTheSameOnBothChainsExceptTokens() public {
        (Deployed memory home, Deployed memory second) = deployBoth();
        assertEq(home.council, second.council);
        assertEq(home.contracts.registry, second.contracts.registry);
        assertEq(home.contracts.authority, second.contracts.authority);
        assertEq(home.contracts.router, second.contracts.router);
        assertEq(home.contracts.timelock, second.contracts.timelock);
        assertNotEq(home.tokens.usdc, second.tokens.usdc);
        assertEq(second.contracts.checkpointer, address(0));
        assertEq(second.contracts.directory, address(0));
    }

    function test_deploy_wiresEverythingTogether() public {
        Deployed memory deployed = deployChain(HOME, _enclave);
        Authority authority = Authority(deployed.contracts.authority);
        assertEq(authority.council(), deployed.council);
        assertEq(authority.governor(), deployed.contracts.timelock);
        assertEq(address(authority.registry()), deployed.contracts.registry);
        assertEq(authority.enclave(), _enclave);
        assertEq(DepositRegistry(deployed.contracts.registry).authority(), address(authority));
        assertEq(Checkpointer(deployed.contracts.checkpointer).authority(), address(authority));
        assertEq(DepositRouter(deployed.contracts.router).registry(), deployed.contracts.registry);
        assertEq(DepositRouter(deployed.contracts.router).wrappedNative(), deployed.tokens.weth);
        TimelockController timelock = TimelockController(payable(deployed.contracts.timelock));
        assertTrue(timelock.hasRole(timelock.CANCELLER_ROLE(), deployed.council));

        Directory directory = Directory(deployed.contracts.directory);
        assertEq(directory.authority(), address(authority));
        assertTrue(directory.isChainListed(HOME) && directory.isChainListed(SECOND));
        assertEq(directory.assetOf(HOME, deployed.tokens.meme), MEME);
        assertEq(directory.tokenOf(USDC, SECOND), _tokenAddresses(_account(DEPLOYER), SECOND).usdc);
        assertEq(directory.executor(), _account(EXECUTOR));
        assertEq(directory.newestBook(), 2);
        assertEq(directory.creditTierOf(_account(MARGIN_TRADER), 0), 1);
        assertEq(directory.debtLimitOf(1), 100_000e6);
    }

    function test_deploy_givesTheMemeCoinDifferentDecimals() public {
        uint256 empty = vm.snapshotState();
        assertEq(DevnetToken(deployChain(HOME, _enclave).tokens.meme).decimals(), 18);
        assertTrue(vm.revertToState(empty));
        assertEq(DevnetToken(deployChain(SECOND, _enclave).tokens.meme).decimals(), 9);
    }

    function test_deploy_capsStayBelowTheLedgersRange() public {
        uint8[3] memory ledgerDecimals = [9, 6, 6];
        uint256[3] memory units;
        uint256 empty = vm.snapshotState();
        addCaps(units, deployChain(HOME, _enclave), ledgerDecimals);
        assertTrue(vm.revertToState(empty));
        addCaps(units, deployChain(SECOND, _enclave), ledgerDecimals);
        for (uint256 i = 0; i < 3; i++) {
            assertGt(units[i], 0);
            assertLt(units[i], 1 << 53);
        }
    }

    function test_deploy_setsUpARealSafe() public {
        Deployed memory deployed = deployChain(HOME, _enclave);
        ISafe safe = ISafe(deployed.council);
        assertEq(safe.getThreshold(), 3);
        assertEq(safe.getOwners(), _accounts(FIRST_OWNER, OWNERS));
    }

    function test_deploy_repeatedChangesNothing() public {
        Deployed memory first = deployChain(HOME, _enclave);
        uint64 nonce = vm.getNonce(first.contracts.factory);
        Deployed memory again = deployChain(HOME, _enclave);
        assertEq(keccak256(abi.encode(first)), keccak256(abi.encode(again)));
        assertEq(vm.getNonce(first.contracts.factory), nonce);
    }

    function test_deploy_revertsIfAnotherEnclaveKeyStands() public {
        deployChain(HOME, _enclave);
        vm.expectRevert(abi.encodeWithSelector(AsConfigured.AsConfigured_Differs.selector, "enclave"));
        this.deployHome(makeAddr("another enclave"));
    }

    /// @dev External, so that `vm.expectRevert` sees one call.
    function deployHome(address enclave) external {
        deployChain(HOME, enclave);
    }

    /// @dev Each on a chain where nothing stood; the state that remains is the second's.
    function deployBoth() private returns (Deployed memory home, Deployed memory second) {
        uint256 empty = vm.snapshotState();
        home = deployChain(HOME, _enclave);
        assertTrue(vm.revertToState(empty));
        second = deployChain(SECOND, _enclave);
    }

    function addCaps(uint256[3] memory units, Deployed memory deployed, uint8[3] memory ledgerDecimals) private view {
        address[3] memory tokens = [deployed.tokens.weth, deployed.tokens.usdc, deployed.tokens.meme];
        for (uint256 i = 0; i < 3; i++) {
            (uint256 cap,,) = DepositRegistry(deployed.contracts.registry).listing(tokens[i]);
            units[i] += cap * 10 ** ledgerDecimals[i] / 10 ** DevnetToken(tokens[i]).decimals();
        }
    }
}
