// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ISettlements} from "../../src/interfaces/ISettlements.sol";
import {SettlementIntent} from "../../src/types/Messages.sol";
import {SettlementStatus} from "../../src/types/Settlement.sol";
import {CowTest} from "../support/cow/CowTest.sol";
import {Batch} from "../support/cow/HostileSolver.sol";
import {IGPv2} from "../support/cow/IGPv2.sol";

/// @title Solvers that do anything with hooks and trades, in any order
/// @dev What went through each lane is counted beside the vault, from GPv2's and the tokens' own events.
contract LanesHandler is CowTest {
    /// @notice Of one nonce. `opened` is the index of the intent plus one.
    struct Lane {
        uint256 opened;
        uint256 sold;
        uint256 bought;
    }

    bytes32 private constant TRANSFER = keccak256("Transfer(address,address,uint256)");
    uint256 private constant MOST_INTENTS = 40;

    SettlementIntent[] private _intents;
    mapping(bytes32 nonce => bool) private _closed;
    mapping(address lane => Lane) public lanes;
    /// @notice What ever came into a lane, the sell amount and gifts included.
    mapping(address lane => mapping(address token => uint256)) public cameIn;
    /// @notice Trades of lanes that were not open, or while paused. Must stay 0.
    uint256 public wrongTrades;

    // What the runs reached, so that an invariant that holds because nothing happened is noticed.
    uint256 public opened;
    uint256 public closed;
    uint256 public swept;
    uint256 public trades;
    uint256 public batches;
    uint256 public gifts;
    uint256 public otherQuotes;

    function setUp() public virtual override {
        super.setUp();
        weth.mint(address(solver), INITIAL);
        usdc.mint(address(solver), INITIAL);
        request(0, 0);
        vm.recordLogs();
    }

    // ---------------------------------------------------------------- the keeper

    /// @dev A fresh intent, or another quote for a nonce.
    function request(uint256 seed, uint64 amount) public {
        if (_intents.length == MOST_INTENTS) return;
        uint256 wethAmount = uint256(amount) % 5e18 + 1;
        uint256 worth = wethAmount * (2_800 + seed % 200) / 1e12 + 1;
        SettlementIntent memory intent =
            seed % 3 == 0 ? buyIntent(worth + worth / 10, wethAmount) : sellIntent(wethAmount, worth);
        intent.partiallyFillable = seed % 2 == 0;
        intent.validTo = uint32(block.timestamp + seed % 1 hours);
        if (seed % 4 == 0 && _intents.length != 0) {
            SettlementIntent memory other = anyIntent(seed >> 8);
            (intent.nonce, intent.owner) = (other.nonce, other.owner);
            otherQuotes++;
        }
        _intents.push(intent);
    }

    function pauseOrUnpause(uint8 seldom) external {
        if (seldom % 8 != 0 && !authority.paused()) return;
        vm.startPrank(council);
        if (authority.paused()) {
            authority.unpause();
        } else {
            try authority.pause() {} catch {}
        }
        vm.stopPrank();
    }

    function revoke(uint256 which, uint8 seldom) external {
        if (seldom % 8 != 0) return;
        SettlementIntent memory intent = anyIntent(which);
        vm.prank(council);
        try registry.revokeSettlement(intent.nonce) {} catch {}
    }

    function letTimePass(uint16 time) external {
        vm.warp(block.timestamp + time % 30 minutes);
    }

    // ---------------------------------------------------------------- anybody

    function openAny(uint256 which) external {
        attempt(address(registry), openCall(anyIntent(which)));
    }

    function closeAny(uint256 which) external {
        attempt(address(registry), closeCall(anyIntent(which)));
    }

    function giveAny(uint256 which, bool bought, uint64 amount) external {
        SettlementIntent memory intent = anyIntent(which);
        give(intent, bought ? intent.buyToken : intent.sellToken, amount);
        gifts++;
        collect(vm.getRecordedLogs());
    }

    // ---------------------------------------------------------------- a solver

    /// @dev Up to three trades, with or without their hooks, and up to four other calls wherever.
    function settleAny(uint256 seed, uint64 executed) external {
        Batch memory batch = newBatch(2_900e6 + seed % 200e6, 1e18);
        for (uint256 i = 0; i <= seed % 3; i++) {
            addAnyTrade(batch, uint256(keccak256(abi.encode(seed, "trade", i))), executed);
        }
        for (uint256 i = 0; i < (seed >> 8) % 5; i++) {
            addAnyCall(batch, uint256(keccak256(abi.encode(seed, "call", i))));
        }
        bool paused = authority.paused();
        uint256 before = trades;
        attempt(address(solver), abi.encodeCall(solver.settle, (batch)));
        if (paused) wrongTrades += trades - before;
        if (trades != before) batches++;
    }

    function addAnyTrade(Batch memory batch, uint256 seed, uint256 executed) private {
        SettlementIntent memory intent = anyIntent(seed >> 8);
        bool throughShed = seed & 1 == 0;
        if (seed & 6 != 0) addAnyHook(batch, Stage.Before, openCall(intent), throughShed);
        uint256 whole = intent.buyExact ? intent.buyAmount : intent.sellAmount;
        addTrade(batch, intent, seed & 8 == 0 ? whole : executed % whole + 1);
        if (seed & 16 != 0) addAnyHook(batch, Stage.After, closeCall(intent), throughShed);
    }

    function addAnyHook(Batch memory batch, Stage stage, bytes memory data, bool throughShed) private {
        if (throughShed) addHook(batch, stage, address(shedFactory), shedCall(data));
        else addHook(batch, stage, address(registry), data);
    }

    function addAnyCall(Batch memory batch, uint256 seed) private view {
        SettlementIntent memory intent = anyIntent(seed >> 8);
        Stage stage = Stage(uint8(seed % 3));
        uint256 what = (seed >> 64) % 5;
        if (what == 0) addAttempt(batch, stage, address(registry), openCall(intent));
        if (what == 1) addAttempt(batch, stage, address(registry), closeCall(intent));
        if (what == 2) {
            address token_ = seed & 32 == 0 ? intent.sellToken : intent.buyToken;
            bytes memory gift = abi.encodeCall(weth.transfer, (laneOf(intent), (seed >> 72) % intent.buyAmount + 1));
            addAttempt(batch, stage, token_, gift);
        }
        if (what == 3) {
            bytes memory gift = abi.encodeCall(weth.transfer, (laneOf(intent), intent.buyAmount));
            addAttempt(batch, stage, intent.buyToken, gift);
            addAttempt(batch, stage, address(registry), closeCall(intent));
        }
        if (what == 4 && block.timestamp > intent.validTo) {
            bytes[] memory uids = new bytes[](1);
            uids[0] = orderUid(intent);
            addInteraction(batch, stage, address(gpv2), abi.encodeCall(IGPv2.freeFilledAmountStorage, (uids)));
        }
    }

    // ---------------------------------------------------------------- what the invariants ask

    function vault() external view returns (address) {
        return address(registry);
    }

    /// @notice Who brought what the vault had at first.
    function depositor() external view returns (address) {
        return bob;
    }

    function tokens() external view returns (address, address) {
        return (address(weth), address(usdc));
    }

    function intentCount() external view returns (uint256) {
        return _intents.length;
    }

    function intentAt(uint256 i) external view returns (SettlementIntent memory) {
        return _intents[i];
    }

    // ---------------------------------------------------------------- helpers

    function anyIntent(uint256 which) private view returns (SettlementIntent memory) {
        return _intents[which % _intents.length];
    }

    function attempt(address target, bytes memory data) private {
        vm.prank(courier);
        (bool ok,) = target.call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        // Those of calls that were undone are recorded as well.
        if (ok) collect(logs);
    }

    function collect(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; i++) {
            bytes32 kind = logs[i].topics[0];
            if (logs[i].emitter == address(registry)) collectEntry(kind, logs[i].data);
            else if (kind == TRANSFER) collectTransfer(logs[i]);
            else if (kind == IGPv2.Trade.selector) collectTrade(logs[i]);
        }
    }

    function collectEntry(bytes32 kind, bytes memory data) private {
        if (kind == ISettlements.SettlementOpened.selector) {
            SettlementIntent memory intent = abi.decode(data, (SettlementIntent));
            lanes[laneOf(intent)].opened = indexOf(intent) + 1;
            opened++;
        }
        if (kind == ISettlements.SettlementClosed.selector) {
            bytes32 nonce = abi.decode(data, (bytes32));
            if (_closed[nonce]) swept++;
            _closed[nonce] = true;
            closed++;
        }
    }

    function collectTransfer(Vm.Log memory log) private {
        address to = address(uint160(uint256(log.topics[2])));
        cameIn[to][log.emitter] += abi.decode(log.data, (uint256));
    }

    function collectTrade(Vm.Log memory log) private {
        Lane storage lane = lanes[address(uint160(uint256(log.topics[1])))];
        (,, uint256 sold, uint256 bought,,) = abi.decode(log.data, (address, address, uint256, uint256, uint256, bytes));
        if (lane.opened == 0) wrongTrades++;
        lane.sold += sold;
        lane.bought += bought;
        trades++;
    }

    function indexOf(SettlementIntent memory intent) private view returns (uint256 i) {
        bytes32 hash = keccak256(abi.encode(intent));
        while (keccak256(abi.encode(_intents[i])) != hash) i++;
    }
}
