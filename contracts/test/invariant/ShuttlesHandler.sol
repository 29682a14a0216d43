// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {V3RelayData} from "../../src/external/ISpokePool.sol";
import {Absorb, Shuttle} from "../../src/types/Messages.sol";
import {LogReplay} from "../support/LogReplay.sol";
import {ShuttleTest} from "../support/ShuttleTest.sol";

/// @title Everything that may happen to shuttles on two chains, in any order
/// @dev One chain at a time: the other vault stands still meanwhile. Dollars have 18 decimals on one chain and 6 on the
/// other. What happened is counted beside the vaults.
contract ShuttlesHandler is ShuttleTest {
    /// @notice Per chain, in its dollar's atoms.
    struct Flows {
        uint256 deposited;
        uint256 sent;
        uint256 arrived;
        uint256 absorbed;
    }

    mapping(uint256 chainId => Flows) private _flows;
    mapping(uint256 chainId => LogReplay.Replay) private _replays;
    mapping(bytes32 digest => bool) private _isSent;
    mapping(bytes32 digest => bool) private _isConfirmed;
    mapping(bytes32 digest => bool) private _isRefunded;
    Shuttle[] private _orders;
    uint256 private _absorptions;

    /// @notice What must not happen: sent or absorbed without both signatures, sent or confirmed twice, confirmed unfilled.
    uint256 public unsigned;
    uint256 public repeated;
    uint256 public unfilled;

    // What the runs reached.
    uint256 public refunds;
    uint256 public slowFills;

    function setUp() public override {
        super.setUp();
        _flows[ORIGIN].deposited = HELD;
        _replays[ORIGIN] = LogReplay.Replay(registry.head(), registry.count());
        visit(DESTINATION);
        deposit(bob, 1_000_000e6);
        _flows[DESTINATION].deposited = 1_000_000e6;
        _replays[DESTINATION] = LogReplay.Replay(registry.head(), registry.count());
        visit(ORIGIN);
    }

    function travel() external onOneChain {
        visit(otherChain());
    }

    function letTimePass(uint16 time) external {
        vm.warp(block.timestamp + time);
    }

    // ---------------------------------------------------------------- the keeper

    /// @dev With a nonce that the other direction has, too.
    function sendNew(uint32 dollarsIn, uint32 fee) external onOneChain {
        uint256 there = otherChain();
        uint256 amount = bound(dollarsIn, 1, 10_000);
        uint256 full = amount * 10 ** dollars[there].decimals();
        Shuttle memory order = orderOf(bytes32(_orders.length / 2), amount);
        (order.originChainId, order.destinationChainId) = (block.chainid, there);
        (order.inputToken, order.outputToken) = (address(token), address(dollars[there]));
        (order.inputAmount, order.outputAmount) = (amount * 10 ** token.decimals(), full - full * (fee % 1_100) / 1e6);
        _orders.push(order);
        trySend(order);
    }

    /// @dev Any of before, wherever it belongs.
    function sendAgain(uint256 which) external onOneChain {
        if (_orders.length != 0) trySend(_orders[which % _orders.length]);
    }

    function sendUnsigned(uint256 which, uint8 forgery) external onOneChain {
        Shuttle memory order = orderOf(keccak256(abi.encode("unsigned", which)), 1);
        Pair memory pair = signBoth(order);
        if (forgery % 3 == 0) pair.enclave = pair.leader;
        if (forgery % 3 == 1) pair.leader = pair.enclave;
        if (forgery % 3 == 2) order.outputAmount--;
        try registry.shuttle(order, pair.enclave, pair.leader) {
            unsigned++;
        } catch {}
    }

    function absorbSome(uint256 amount, bool forged) external onOneChain {
        uint256 beside = token.balanceOf(address(registry)) - registry.accounted(address(token));
        if (beside == 0) return;
        Absorb memory absorption = absorptionOf(bytes32(_absorptions++), bound(amount, 1, beside));
        Pair memory pair = signBoth(absorption);
        if (forged) pair.leader = pair.enclave;
        vm.recordLogs();
        try registry.absorb(absorption, pair.enclave, pair.leader) {
            _flows[block.chainid].absorbed += absorption.amount;
            if (forged) unsigned++;
        } catch {}
        collectLogs();
    }

    // ---------------------------------------------------------------- anybody

    function confirmAny(uint256 which) external onOneChain {
        if (_orders.length == 0) return;
        Shuttle memory order = _orders[which % _orders.length];
        bytes32 digest = digestOfOrder(order);
        vm.recordLogs();
        try registry.confirmArrival(order) {
            _flows[block.chainid].arrived += order.outputAmount;
            if (_isConfirmed[digest]) repeated++;
            if (order.destinationChainId != block.chainid || !isFilled(order)) unfilled++;
            _isConfirmed[digest] = true;
        } catch {}
        collectLogs();
    }

    function donate(uint32 amount) external onOneChain {
        token.mint(address(registry), amount);
    }

    /// @dev An order that nobody signed, in all but the amount like one that was signed; it can be confirmed, too.
    function fillForged(uint256 which, uint32 outputAmount) external onOneChain {
        if (_orders.length == 0) return;
        Shuttle memory order = _orders[which % _orders.length];
        order.outputAmount = uint256(outputAmount) + 1;
        _orders.push(order);
        tryFill(order);
    }

    // ---------------------------------------------------------------- Across

    function fillAny(uint256 which) external onOneChain {
        if (_orders.length != 0) tryFill(_orders[which % _orders.length]);
    }

    /// @dev With more than the order says, with less, or exactly.
    function slowFillAny(uint256 which, uint8 ppm, bool more) external onOneChain {
        if (_orders.length == 0) return;
        Shuttle memory order = _orders[which % _orders.length];
        if (!isFillable(order)) return;
        uint256 difference = order.outputAmount * ppm / 1_000_000;
        uint256 paid = more ? order.outputAmount + difference : order.outputAmount - difference;
        token.mint(address(pool()), paid);
        slowFill(pool(), relayOf(order), paid);
        slowFills++;
    }

    /// @dev All at once, as a bundle does it: what was sent from here, expired, and was not filled.
    function refundExpired() external onOneChain {
        uint256 sum = 0;
        for (uint256 i = 0; i < _orders.length; i++) {
            Shuttle memory order = _orders[i];
            bytes32 digest = digestOfOrder(order);
            if (order.originChainId != block.chainid || !_isSent[digest] || _isRefunded[digest]) continue;
            if (block.timestamp <= order.fillDeadline || isFilled(order)) continue;
            _isRefunded[digest] = true;
            sum += order.inputAmount;
        }
        if (sum == 0) return;
        refund(pool(), address(token), address(registry), sum);
        refunds++;
    }

    // ---------------------------------------------------------------- what the invariants ask, of this chain

    function vault() external view returns (address) {
        return address(registry);
    }

    function dollar() external view returns (address) {
        return address(token);
    }

    function spender() external onOneChain returns (address) {
        return address(pool());
    }

    function flows() external onOneChain returns (Flows memory) {
        return _flows[block.chainid];
    }

    function replay() external onOneChain returns (LogReplay.Replay memory) {
        return _replays[block.chainid];
    }

    // ---------------------------------------------------------------- helpers

    function otherChain() private view returns (uint256) {
        return block.chainid == ORIGIN ? DESTINATION : ORIGIN;
    }

    function trySend(Shuttle memory order) private {
        bytes32 digest = digestOfOrder(order);
        Pair memory pair = signBoth(digest);
        vm.recordLogs();
        try registry.shuttle(order, pair.enclave, pair.leader) {
            _flows[block.chainid].sent += order.inputAmount;
            if (_isSent[digest]) repeated++;
            _isSent[digest] = true;
        } catch {}
        collectLogs();
    }

    function tryFill(Shuttle memory order) private {
        if (isFillable(order)) fill(order);
    }

    function isFillable(Shuttle memory order) private view returns (bool) {
        return order.destinationChainId == block.chainid && block.timestamp <= order.fillDeadline && !isFilled(order);
    }

    function isFilled(Shuttle memory order) private view returns (bool) {
        bytes32 relayHash = keccak256(abi.encode(relayOf(order), order.destinationChainId));
        return pools[order.destinationChainId].fillStatuses(relayHash) == 2;
    }

    function collectLogs() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _replays[block.chainid] = replayed(_replays[block.chainid], address(registry), logs);
    }
}
