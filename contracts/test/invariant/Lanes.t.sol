// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {SettlementIntent} from "../../src/types/Messages.sol";
import {LanesHandler} from "./LanesHandler.sol";

/// @dev The sentences are in docs/invariants.md.
contract LanesInvariants is Test {
    LanesHandler internal _handler;
    IDepositRegistry internal _vault;

    function setUp() public virtual {
        start(new LanesHandler());

        bytes4[] memory doors = new bytes4[](8);
        doors[0] = LanesHandler.request.selector;
        doors[1] = LanesHandler.pauseOrUnpause.selector;
        doors[2] = LanesHandler.revoke.selector;
        doors[3] = LanesHandler.letTimePass.selector;
        doors[4] = LanesHandler.openAny.selector;
        doors[5] = LanesHandler.closeAny.selector;
        doors[6] = LanesHandler.giveAny.selector;
        doors[7] = LanesHandler.settleAny.selector;
        targetSelector(FuzzSelector(address(_handler), doors));
    }

    /// @notice Lane proceeds reach exactly their commitment, whatever a solver does between hooks.
    function invariant_laneProceedsReachExactlyTheirCommitment() public view {
        assertEq(_handler.wrongTrades(), 0, "traded before it was opened, or while paused");
        for (uint256 i = 0; i < _handler.intentCount(); i++) {
            SettlementIntent memory intent = _handler.intentAt(i);
            address lane = _vault.laneOf(intent.nonce);
            (uint256 opened, uint256 sold, uint256 bought) = _handler.lanes(lane);
            if (opened != i + 1) continue;
            (, uint256 withdrawn,) = _vault.counters(intent.owner, intent.sellToken);
            assertEq(withdrawn, intent.sellAmount, "taken out");
            assertEq(arrived(intent, lane, intent.sellToken), _handler.cameIn(lane, intent.sellToken) - sold, "unsold");
            assertEq(arrived(intent, lane, intent.buyToken), _handler.cameIn(lane, intent.buyToken), "bought");
            assertLe(sold, intent.sellAmount, "sold too much");
            assertGe(bought * intent.sellAmount, sold * intent.buyAmount, "sold too cheap");
        }
        (address weth, address usdc) = _handler.tokens();
        assertNobodyElseGotAnything(weth);
        assertNobodyElseGotAnything(usdc);
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_handler_reachesEverything() public {
        for (uint256 i = 0; i < 400; i++) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 5 == 0) _handler.request(seed, uint64(seed >> 64));
            if (i % 11 == 0) _handler.openAny(seed);
            if (i % 13 == 0) _handler.giveAny(seed >> 16, i % 2 == 0, uint64(seed >> 128));
            if (i % 7 == 0) _handler.closeAny(seed >> 8);
            if (i % 17 == 0) _handler.letTimePass(uint16(seed >> 24) % 60);
            _handler.settleAny(seed, uint64(seed >> 32));
        }
        assertGt(_handler.opened(), 15);
        assertGt(_handler.closed(), 15);
        assertGt(_handler.swept(), 3);
        assertGt(_handler.trades(), 15);
        assertGt(_handler.batches(), 10);
        assertGt(_handler.gifts(), 10);
        assertGt(_handler.otherQuotes(), 3);
        invariant_laneProceedsReachExactlyTheirCommitment();
    }

    function start(LanesHandler handler) internal {
        handler.setUp();
        (_handler, _vault) = (handler, IDepositRegistry(handler.vault()));
        targetContract(address(handler));
    }

    /// @dev Of everything that was opened.
    function netOfCommitments(address token) internal view returns (int256 sum) {
        for (uint256 i = 0; i < _handler.intentCount(); i++) {
            SettlementIntent memory intent = _handler.intentAt(i);
            (uint256 opened,,) = _handler.lanes(_vault.laneOf(intent.nonce));
            if (opened != i + 1) continue;
            (uint256 deposited, uint256 withdrawn,) = _vault.counters(intent.owner, token);
            sum += int256(deposited) - int256(withdrawn);
        }
    }

    function arrived(SettlementIntent memory intent, address lane, address token) private view returns (uint256) {
        (uint256 deposited,,) = _vault.counters(intent.owner, token);
        return deposited + IERC20(token).balanceOf(lane);
    }

    function assertNobodyElseGotAnything(address token) internal view virtual {
        (uint256 sum, uint256 out,) = _vault.counters(bytes32(uint256(uint160(_handler.depositor()))), token);
        assertEq(out, 0);
        assertEq(int256(sum) + netOfCommitments(token), int256(_vault.accounted(token)));
        assertLe(_vault.accounted(token), IERC20(token).balanceOf(address(_vault)));
    }
}
