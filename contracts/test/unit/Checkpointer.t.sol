// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ICheckpointer} from "../../src/interfaces/ICheckpointer.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {Checkpoint, Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract CheckpointerTest is VaultTest {
    bytes private constant PAYLOAD = "encrypted snapshot";

    Checkpoint private _checkpoint;
    Withdrawal[] private _withdrawals;
    bytes[] private _ciphertexts;

    function setUp() public override {
        super.setUp();
        _withdrawals.push(withdrawalOf(alice, 10, 1));
        _withdrawals.push(withdrawalOf(bob, 20, 2));
        _ciphertexts.push("order for the settler");
        _checkpoint = next(1, 0);
    }

    // ---------------------------------------------------------------- what it does

    function test_checkpoint_logsSnapshotWithdrawalsAndOrders() public {
        vm.expectEmit(address(checkpointer));
        emit ICheckpointer.Checkpointed(0, _checkpoint, PAYLOAD);
        vm.expectEmit(address(checkpointer));
        emit ICheckpointer.WithdrawalsApproved(1, 1, _withdrawals);
        vm.expectEmit(address(checkpointer));
        emit ICheckpointer.SettlementOrders(2, 1, _ciphertexts);
        submit();
        (uint64 number, bytes32 digest) = checkpointer.tip();
        assertEq(number, 1);
        assertEq(digest, digestOf(checkpointerDomain(), _checkpoint));
    }

    function test_checkpoint_logsNoEmptyLists() public {
        delete _withdrawals;
        delete _ciphertexts;
        _checkpoint = next(1, 0);
        submit();
        assertEq(checkpointer.count(), 1);
    }

    function test_checkpoint_chainsByParent() public {
        submit();
        for (uint64 number = 2; number < 6; number++) {
            (, bytes32 parent) = checkpointer.tip();
            _checkpoint = next(number, parent);
            submit();
        }
        (uint64 newest,) = checkpointer.tip();
        assertEq(newest, 5);
    }

    function test_tip_isZeroBeforeTheFirst() public view {
        (uint64 number, bytes32 digest) = checkpointer.tip();
        assertEq(number, 0);
        assertEq(digest, 0);
        assertEq(checkpointer.authority(), address(authority));
    }

    function testFuzz_checkpoint_logReplaysWithAnyContent(
        bytes calldata payload,
        Withdrawal[] calldata withdrawals,
        bytes[] calldata ciphertexts
    ) public {
        delete _withdrawals;
        delete _ciphertexts;
        for (uint256 i = 0; i < withdrawals.length && i < 8; i++) {
            _withdrawals.push(withdrawals[i]);
        }
        for (uint256 i = 0; i < ciphertexts.length && i < 8; i++) {
            _ciphertexts.push(ciphertexts[i]);
        }
        _checkpoint = next(1, 0);
        _checkpoint.payloadHash = keccak256(payload);
        vm.recordLogs();
        submit(payload);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertReplays(address(checkpointer), logs);
        (Checkpoint memory logged, bytes memory loggedPayload) = abi.decode(logs[0].data, (Checkpoint, bytes));
        assertEq(keccak256(abi.encode(logged)), keccak256(abi.encode(_checkpoint)));
        assertEq(loggedPayload, payload);
    }

    // ---------------------------------------------------------------- order

    function test_checkpoint_revertsIfNumberIsNotTheNext() public {
        _checkpoint.number = 2;
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongNumber.selector, 2, 1));
        _checkpoint.number = 0;
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongNumber.selector, 0, 1));
    }

    function test_checkpoint_revertsIfReplayedOrForked() public {
        submit();
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongNumber.selector, 1, 2));
        _checkpoint.stateHash = "another state of the same number";
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongNumber.selector, 1, 2));
    }

    function test_checkpoint_revertsIfParentIsNotTheLast() public {
        _checkpoint.parent = "something";
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongParent.selector, bytes32("something"), 0));
        _checkpoint.parent = 0;
        submit();
        (, bytes32 tip) = checkpointer.tip();
        _checkpoint = next(2, 0);
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongParent.selector, 0, tip));
    }

    function test_checkpoint_revertsIfNotOfTheCurrentEpoch() public {
        _checkpoint.epoch = 2;
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongEpoch.selector, 2, 1));
        _checkpoint.epoch = 1;
        vm.warp(block.timestamp + 2 hours);
        appointLeader(leaderKey, 2);
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_WrongEpoch.selector, 1, 2));
    }

    function test_checkpoint_ofANewEpochGoesOnFromTheTip() public {
        submit();
        (, bytes32 parent) = checkpointer.tip();
        vm.warp(block.timestamp + 2 hours);
        (leader, leaderKey) = makeAddrAndKey("next leader");
        appointLeader(leaderKey, 2);
        _checkpoint = next(2, parent);
        _checkpoint.epoch = 2;
        submit();
        (uint64 number,) = checkpointer.tip();
        assertEq(number, 2);
    }

    function test_checkpoint_revertsWhilePaused() public {
        pause();
        expectRefused(abi.encodeWithSelector(ICheckpointer.Checkpointer_Paused.selector));
        vm.warp(authority.pausedUntil());
        submit();
    }

    // ---------------------------------------------------------------- content

    function test_checkpoint_cannotBeFrontRunWithOtherContent() public {
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), _checkpoint));
        Withdrawal[] memory noWithdrawals = new Withdrawal[](0);
        bytes[] memory noCiphertexts = new bytes[](0);

        expectWrong(ICheckpointer.Checkpointer_WrongPayload.selector, _checkpoint.payloadHash, keccak256("garbage"));
        checkpointer.checkpoint(_checkpoint, "garbage", _withdrawals, _ciphertexts, pair.enclave, pair.leader);

        expectWrong(
            ICheckpointer.Checkpointer_WrongWithdrawals.selector,
            _checkpoint.withdrawalsHash,
            keccak256(abi.encode(noWithdrawals))
        );
        checkpointer.checkpoint(_checkpoint, PAYLOAD, noWithdrawals, _ciphertexts, pair.enclave, pair.leader);

        expectWrong(
            ICheckpointer.Checkpointer_WrongSettlements.selector,
            _checkpoint.settlementsHash,
            keccak256(abi.encode(noCiphertexts))
        );
        checkpointer.checkpoint(_checkpoint, PAYLOAD, _withdrawals, noCiphertexts, pair.enclave, pair.leader);

        vm.prank(courier);
        checkpointer.checkpoint(_checkpoint, PAYLOAD, _withdrawals, _ciphertexts, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- signatures

    function test_checkpoint_revertsWithoutBothSignatures() public {
        bytes32 digest = digestOf(checkpointerDomain(), _checkpoint);
        bytes memory byEnclave = signed(enclaveKey, digest);
        bytes memory byLeader = signed(leaderKey, digest);
        expectNotBoth(Pair(byLeader, byEnclave));
        expectNotBoth(Pair(malleated(byEnclave), byLeader));
        expectNotBoth(Pair(compacted(byEnclave), byLeader));
        expectNotBoth(Pair(byEnclave, byEnclave));
        expectNotBoth(Pair(byEnclave, malleated(byLeader)));
    }

    function test_checkpoint_revertsIfSignedForAnotherChainOrContract() public {
        Domain memory domain = checkpointerDomain();
        domain.chainId = 10;
        expectRefusedInDomain(domain);
        domain = checkpointerDomain();
        domain.at = address(registry);
        expectRefusedInDomain(domain);
        expectRefusedInDomain(registryDomain());
    }

    function test_checkpoint_revertsIfAFieldWasAltered() public {
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), _checkpoint));
        _checkpoint.stateHash = "another state";
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(PAYLOAD, pair);
        _checkpoint = next(1, 0);
        _checkpoint.journalIndex += 1;
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(PAYLOAD, pair);
    }

    function test_checkpoint_revertsIfNobodyLeads() public {
        vm.prank(council);
        authority.vacateLeader();
        expectRefused(abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    // ---------------------------------------------------------------- helpers

    function next(uint64 number, bytes32 parent) private view returns (Checkpoint memory) {
        return Checkpoint({
            number: number,
            epoch: EPOCH,
            parent: parent,
            stateHash: keccak256("state"),
            payloadHash: keccak256(PAYLOAD),
            withdrawalsHash: keccak256(abi.encode(_withdrawals)),
            settlementsHash: keccak256(abi.encode(_ciphertexts)),
            journalIndex: 100 + number
        });
    }

    function submit() private {
        submit(PAYLOAD);
    }

    function submit(bytes memory payload) private {
        submit(payload, signBoth(digestOf(checkpointerDomain(), _checkpoint)));
    }

    function submit(bytes memory payload, Pair memory pair) private {
        vm.prank(courier);
        checkpointer.checkpoint(_checkpoint, payload, _withdrawals, _ciphertexts, pair.enclave, pair.leader);
    }

    function expectRefused(bytes memory reason) private {
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), _checkpoint));
        vm.expectRevert(reason);
        submit(PAYLOAD, pair);
    }

    function expectRefusedInDomain(Domain memory domain) private {
        Pair memory pair = signBoth(digestOf(domain, _checkpoint));
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(PAYLOAD, pair);
    }

    function expectWrong(bytes4 selector, bytes32 committed, bytes32 actual) private {
        vm.expectRevert(abi.encodeWithSelector(selector, committed, actual));
    }

    function expectNotBoth(Pair memory pair) private {
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(PAYLOAD, pair);
    }
}
