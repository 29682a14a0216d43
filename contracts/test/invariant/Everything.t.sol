// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {SettlementIntent} from "../../src/types/Messages.sol";
import {Limit, OutflowKind} from "../../src/types/VaultState.sol";
import {EverythingHandler} from "./EverythingHandler.sol";
import {LanesHandler} from "./LanesHandler.sol";
import {LanesInvariants} from "./Lanes.t.sol";

/// @dev The sentences are in docs/invariants.md. What holds for lanes alone holds beside shuttles, too, so it is inherited.
contract EverythingInvariants is LanesInvariants {
    EverythingHandler private _all;

    function setUp() public override {
        _all = new EverythingHandler();
        start(_all);
        bytes4[] memory doors = new bytes4[](16);
        doors[0] = LanesHandler.request.selector;
        doors[1] = LanesHandler.pauseOrUnpause.selector;
        doors[2] = LanesHandler.revoke.selector;
        doors[3] = LanesHandler.letTimePass.selector;
        doors[4] = LanesHandler.openAny.selector;
        doors[5] = LanesHandler.closeAny.selector;
        doors[6] = LanesHandler.settleAny.selector;
        doors[7] = EverythingHandler.depositAny.selector;
        doors[8] = EverythingHandler.withdrawAny.selector;
        doors[9] = EverythingHandler.postNextRoot.selector;
        doors[10] = EverythingHandler.sendAny.selector;
        doors[11] = EverythingHandler.absorbSome.selector;
        doors[12] = EverythingHandler.fillAny.selector;
        doors[13] = EverythingHandler.confirmAny.selector;
        doors[14] = EverythingHandler.refundExpired.selector;
        doors[15] = EverythingHandler.donate.selector;
        targetSelector(FuzzSelector(address(_all), doors));
    }

    /// @notice With lanes and shuttles at the same time the vault holds what it accounts for: what all keys brought less
    /// what they took, and what shuttles and absorptions brought less what was sent.
    function invariant_booksHoldWithLanesAndShuttlesAtOnce() public view {
        (address weth, address usdc) = _all.tokens();
        assertBooks(weth);
        assertBooks(usdc);
    }

    /// @notice Nothing leaves or is counted without both signatures, before its root, while paused, unfilled or twice,
    /// whatever else goes on.
    function invariant_nothingIsPaidOrCountedThatMustNotBe() public view {
        assertEq(_all.wrong(), 0);
    }

    /// @notice Of each kind no more flows out than the capacity and what time refills; of withdrawals also what deposits
    /// bring.
    function invariant_eachKindOfOutflowKeepsItsLimit() public view {
        (address weth, address usdc) = _all.tokens();
        assertLimits(weth);
        assertLimits(usdc);
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_everythingHandler_reachesEverything() public {
        for (uint256 i = 0; i < 500; i++) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 5 == 0) _all.request(seed, uint64(seed >> 64));
            if (i % 10 == 1) _all.depositAny(seed, uint64(seed >> 64));
            if (i % 10 == 2) _all.withdrawAny(seed, uint64(seed >> 64));
            if (i % 10 == 3) _all.sendAny(seed, uint64(seed >> 64));
            if (i % 10 == 4) _all.fillAny(seed, uint64(seed >> 64));
            if (i % 10 == 6) _all.confirmAny(seed, seed & 7 == 0);
            if (i % 10 == 7) _all.refundExpired(seed);
            if (i % 10 == 8) _all.absorbSome(seed, seed >> 64);
            if (i % 20 == 9) _all.postNextRoot();
            if (i % 17 == 0) _all.letTimePass(uint16(seed >> 24) % 300);
            _all.settleAny(seed, uint64(seed >> 32));
        }
        (address weth, address usdc) = _all.tokens();
        assertReached(_all.flowsOf(weth));
        assertReached(_all.flowsOf(usdc));
        assertGt(_all.trades(), 15);
        invariant_booksHoldWithLanesAndShuttlesAtOnce();
        invariant_nothingIsPaidOrCountedThatMustNotBe();
        invariant_laneProceedsReachExactlyTheirCommitment();
        invariant_eachKindOfOutflowKeepsItsLimit();
    }

    function assertBooks(address token) private view {
        EverythingHandler.Flows memory flows = _all.flowsOf(token);
        int256 inventory = int256(flows.arrived + flows.absorbed) - int256(flows.sent);
        assertEq(_vault.inventory(token), inventory, "inventory");
        int256 brought = int256(flows.deposited) - int256(flows.withdrawn);
        assertEq(netOfTraders(token), brought, "traders");
        assertEq(int256(_vault.accounted(token)), brought + netOfCommitments(token) + inventory, "accounted");
        assertLe(_vault.accounted(token), IERC20(token).balanceOf(address(_vault)), "balance");
        assertEq(IERC20(token).allowance(address(_vault), address(_all.pool())), 0, "left approved");
    }

    function assertLimits(address token) private view {
        EverythingHandler.Flows memory flows = _all.flowsOf(token);
        uint256 sold = 0;
        for (uint256 i = 0; i < _all.intentCount(); i++) {
            SettlementIntent memory intent = _all.intentAt(i);
            (uint256 opened,,) = _all.lanes(_vault.laneOf(intent.nonce));
            if (opened == i + 1 && intent.sellToken == token) sold += intent.sellAmount;
        }
        uint256 deposited = flows.deposited - _all.initial();
        assertLe(flows.withdrawn, mostOutflow(token, OutflowKind.Withdrawal) + deposited, "withdrawn");
        assertLe(sold, mostOutflow(token, OutflowKind.Settlement), "sold");
        assertLe(flows.sent, mostOutflow(token, OutflowKind.Shuttle), "sent");
    }

    function mostOutflow(address token, OutflowKind kind) private view returns (uint256) {
        (Limit memory limit,) = _vault.outflow(token, kind);
        uint256 time = block.timestamp - _all.limitedSince();
        return limit.capacity + limit.capacity * time / limit.refillSeconds;
    }

    function assertReached(EverythingHandler.Flows memory flows) private pure {
        assertGt(flows.deposited, 0, "deposited");
        assertGt(flows.withdrawn, 0, "withdrawn");
        assertGt(flows.sent, 0, "sent");
        assertGt(flows.arrived, 0, "arrived");
        assertGt(flows.absorbed, 0, "absorbed");
    }

    function netOfTraders(address token) private view returns (int256 net) {
        for (uint256 i = 0; i < 2; i++) {
            (uint256 deposited, uint256 withdrawn,) = _vault.counters(bytes32(uint256(uint160(_all.traders(i)))), token);
            net += int256(deposited) - int256(withdrawn);
        }
    }

    /// @dev Others do get something here: `assertBooks` counts them all.
    function assertNobodyElseGotAnything(address token) internal view override {
        assertBooks(token);
    }
}
