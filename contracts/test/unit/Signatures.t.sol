// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Signatures} from "../../src/libraries/Signatures.sol";
import {Signing} from "../support/Signing.sol";

/// @dev External, so that the signatures are calldata.
contract Gate {
    function requireBoth(bytes32 digest, bytes32 pair, bytes calldata first, bytes calldata second) external pure {
        Signatures.requireBoth(digest, pair, first, second);
    }
}

contract SignaturesTest is Test, Signing {
    bytes32 private constant DIGEST = keccak256("what is signed");

    Gate private _gate = new Gate();
    address private _enclave;
    address private _leader;
    bytes private _first;
    bytes private _second;
    bytes32 private _pair;

    function setUp() public {
        uint256 enclaveKey;
        uint256 leaderKey;
        (_enclave, enclaveKey) = makeAddrAndKey("enclave");
        (_leader, leaderKey) = makeAddrAndKey("leader");
        (_first, _second) = (signed(enclaveKey, DIGEST), signed(leaderKey, DIGEST));
        _pair = Signatures.pairOf(_enclave, _leader);
    }

    function test_requireBoth_takesTheEnclaveFirstAndTheLeaderSecond() public view {
        _gate.requireBoth(DIGEST, _pair, _first, _second);
    }

    function test_requireBoth_revertsAndNamesWhoSigned() public {
        expectNotBoth(_second, _first, _leader, _enclave);
        expectNotBoth(_first, _first, _enclave, _enclave);
        expectNotBoth(_second, _second, _leader, _leader);
        expectNotBoth("", _second, address(0), _leader);
        expectNotBoth(_first, "", _enclave, address(0));
        expectNotBoth(malleated(_first), _second, address(0), _leader);
        expectNotBoth(_first, malleated(_second), _enclave, address(0));
        expectNotBoth(compacted(_first), _second, address(0), _leader);
        expectNotBoth(_first, compacted(_second), _enclave, address(0));
        expectNotBoth(bytes.concat(_first, hex"00"), _second, address(0), _leader);
        expectNotBoth(_first, bytes.concat(_second, hex"00"), _enclave, address(0));
        expectNotBoth(new bytes(65), new bytes(65), address(0), address(0));
    }

    function test_requireBoth_revertsIfNobodyLeads() public {
        assertEq(Signatures.pairOf(_enclave, address(0)), 0);
        vm.expectRevert(Signatures.Signatures_NoLeader.selector);
        _gate.requireBoth(DIGEST, 0, _first, _second);
    }

    function testFuzz_requireBoth_revertsForAnythingElse(bytes32 digest, bytes calldata first, bytes calldata second)
        public
    {
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        _gate.requireBoth(digest, _pair, first, second);
    }

    function expectNotBoth(bytes memory first, bytes memory second, address signer1, address signer2) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, signer1, signer2));
        _gate.requireBoth(DIGEST, _pair, first, second);
    }
}
