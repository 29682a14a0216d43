// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {SettlementIntent, SettlementOrder, ShedHooks} from "../../../src/types/Messages.sol";
import {SettlementStatus} from "../../../src/types/Settlement.sol";
import {COWShed, Call} from "../../support/cow/CowShed.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

/// @dev The vault signs for its own cow-shed, and for nobody else.
contract ShedSignatureTest is CowTest {
    bytes32 private constant HASH = keccak256("hooks");

    function test_shed_isTheFactorysForThisVault() public view {
        assertEq(registry.shed(), shedFactory.proxyOf(address(registry)));
    }

    function test_isValidSignature_ofBothKeysForTheShed() public {
        bytes memory signature = signatureOf(signBoth(ShedHooks(HASH)));
        vm.prank(registry.shed());
        assertEq(registry.isValidSignature(HASH, signature), IERC1271.isValidSignature.selector);
    }

    /// @dev A vault that signed for strangers could be made to permit, to trade, or to speed up its own deposits.
    function test_isValidSignature_revertsForAnybodyElse() public {
        bytes memory signature = signatureOf(signBoth(ShedHooks(HASH)));
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NotShed.selector, address(gpv2)));
        vm.prank(address(gpv2));
        registry.isValidSignature(HASH, signature);
    }

    function test_isValidSignature_revertsIfASignatureIsMissingOrOfSomethingElse() public {
        (address stranger, uint256 strangerKey) = makeAddrAndKey("stranger");
        Pair memory pair = signBoth(ShedHooks(HASH));
        bytes memory forged = signed(strangerKey, digestOf(registryDomain(), ShedHooks(HASH)));
        refuses(signatureOf(Pair(forged, pair.leader)), notBoth(stranger, leader));
        refuses(signatureOf(Pair(pair.enclave, forged)), notBoth(enclave, stranger));
        refuses(signatureOf(Pair(pair.leader, pair.enclave)), notBoth(leader, enclave));
        refuses(bytes.concat(signatureOf(pair), hex"00"), wrongLength(131));
        refuses("", wrongLength(0));

        bytes memory otherMessage = signatureOf(signBoth(SettlementOrder(HASH)));
        vm.prank(registry.shed());
        (bool ok, bytes memory reason) =
            address(registry).call(abi.encodeCall(registry.isValidSignature, (HASH, otherMessage)));
        assertFalse(ok);
        assertEq(bytes4(reason), Signatures.Signatures_NotBoth.selector);
    }

    function test_isValidSignature_revertsIfNobodyLeads() public {
        bytes memory signature = signatureOf(signBoth(ShedHooks(HASH)));
        vm.prank(council);
        authority.vacateLeader();
        refuses(signature, abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    // ---------------------------------------------------------------- through the shed

    function test_shed_runsWhatTheKeysSignedOnce() public {
        SettlementIntent memory intent = sellIntent(1e18, 1);
        bytes memory hooks = shedCall(openCall(intent));
        (bool ok,) = address(shedFactory).call(hooks);
        assertTrue(ok);
        assertEq(uint8(registry.settlementStatus(intent.nonce)), uint8(SettlementStatus.Open));
        (ok,) = address(shedFactory).call(hooks);
        assertFalse(ok);
    }

    function test_shed_runsNothingElse() public {
        Call[] memory calls = new Call[](1);
        calls[0] = Call(address(weth), 0, abi.encodeCall(weth.transfer, (courier, 1)), false, false);
        Pair memory pair = signBoth(ShedHooks(shedDigest(calls, "nonce", block.timestamp)));
        calls[0].callData = abi.encodeCall(weth.transfer, (courier, 2));
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        shedFactory.executeHooks(calls, "nonce", block.timestamp, address(registry), signatureOf(pair));
    }

    /// @dev What the shed does it does as the shed, which may do no more in the vault than anybody.
    function test_shed_hasNoRightsInTheVault() public {
        Call[] memory calls = new Call[](1);
        calls[0] = Call(address(registry), 0, abi.encodeCall(registry.revokeSettlement, ("nonce")), false, false);
        Pair memory pair = signBoth(ShedHooks(shedDigest(calls, "nonce", block.timestamp)));
        vm.expectRevert();
        shedFactory.executeHooks(calls, "nonce", block.timestamp, address(registry), signatureOf(pair));
    }

    // ---------------------------------------------------------------- helpers

    function signatureOf(Pair memory pair) private pure returns (bytes memory) {
        return bytes.concat(pair.enclave, pair.leader);
    }

    function notBoth(address first, address second) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, first, second);
    }

    function wrongLength(uint256 length) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlements.Settlements_BadSignatureLength.selector, length, uint256(130));
    }

    function refuses(bytes memory signature, bytes memory reason) private {
        address shed = registry.shed();
        vm.expectRevert(reason);
        vm.prank(shed);
        registry.isValidSignature(HASH, signature);
    }
}
