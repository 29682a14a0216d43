// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {LogReplay} from "../support/LogReplay.sol";
import {ShuttlesHandler} from "./ShuttlesHandler.sol";

/// @dev The sentences are in docs/invariants.md. They are asked of the vault on whose chain the last step was made: the
/// other one stands still.
contract ShuttlesInvariants is Test {
    ShuttlesHandler private _handler;
    IDepositRegistry private _vault;

    function setUp() public {
        _handler = new ShuttlesHandler();
        _handler.setUp();
        _vault = IDepositRegistry(_handler.vault());

        bytes4[] memory doors = new bytes4[](12);
        doors[0] = ShuttlesHandler.travel.selector;
        doors[1] = ShuttlesHandler.letTimePass.selector;
        doors[2] = ShuttlesHandler.sendNew.selector;
        doors[3] = ShuttlesHandler.sendAgain.selector;
        doors[4] = ShuttlesHandler.sendUnsigned.selector;
        doors[5] = ShuttlesHandler.absorbSome.selector;
        doors[6] = ShuttlesHandler.confirmAny.selector;
        doors[7] = ShuttlesHandler.donate.selector;
        doors[8] = ShuttlesHandler.fillForged.selector;
        doors[9] = ShuttlesHandler.fillAny.selector;
        doors[10] = ShuttlesHandler.slowFillAny.selector;
        doors[11] = ShuttlesHandler.refundExpired.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), doors));
    }

    /// @notice Whatever shuttles do, the vault holds at least what it accounts for, and nothing stays approved to the pool.
    function invariant_shuttlesLeaveTheBooksCoveredAndNothingApproved() public {
        IERC20 token = IERC20(_handler.dollar());
        assertLe(_vault.accounted(address(token)), token.balanceOf(address(_vault)));
        assertEq(token.allowance(address(_vault), _handler.spender()), 0);
    }

    /// @notice Inventory is what arrived and was absorbed less what was sent; with what the accounts brought it is what
    /// the vault accounts for.
    function invariant_inventoryIsWhatArrivedAndWasAbsorbedLessWhatWasSent() public {
        address token = _handler.dollar();
        ShuttlesHandler.Flows memory flows = _handler.flows();
        int256 inventory = int256(flows.arrived + flows.absorbed) - int256(flows.sent);
        assertEq(_vault.inventory(token), inventory);
        assertEq(int256(_vault.accounted(token)), int256(flows.deposited) + inventory);
    }

    /// @notice A shuttle is sent at most once, with both signatures, and counted at most once, when it is filled.
    function invariant_shuttlesAreSentAndCountedAtMostOnce() public view {
        assertEq(_handler.unsigned(), 0);
        assertEq(_handler.repeated(), 0);
        assertEq(_handler.unfilled(), 0);
    }

    /// @notice Shuttles, arrivals and absorptions are in the log, which replayed from its events gives the head.
    function invariant_shuttlesAreInTheLog() public {
        LogReplay.Replay memory replay = _handler.replay();
        assertEq(replay.count, _vault.count(), "count");
        assertEq(replay.head, _vault.head(), "head");
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_shuttlesHandler_reachesEverything() public {
        for (uint256 i = 0; i < 600; i++) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            if (i % 8 == 0) _handler.sendNew(uint32(seed), uint32(seed >> 32));
            if (i % 8 == 1) _handler.fillAny(seed);
            if (i % 8 == 2) _handler.confirmAny(seed);
            if (i % 8 == 3) _handler.absorbSome(seed, seed % 4 == 0);
            if (i % 8 == 4) _handler.refundExpired();
            if (i % 8 == 5) _handler.letTimePass(uint16(seed) / 16);
            if (i % 8 == 6) _handler.fillForged(seed, uint32(seed >> 8));
            if (i % 8 == 7) _handler.slowFillAny(seed, uint8(seed >> 8), seed & 1 == 0);
            if (i % 20 == 19) _handler.travel();
        }
        for (uint256 i = 0; i < 2; i++) {
            ShuttlesHandler.Flows memory flows = _handler.flows();
            assertGt(flows.sent, 0, "sent");
            assertGt(flows.arrived, 0, "arrived");
            assertGt(flows.absorbed, 0, "absorbed");
            _handler.travel();
        }
        assertGt(_handler.refunds(), 1, "refunds");
        assertGt(_handler.slowFills(), 1, "slow fills");
    }
}
