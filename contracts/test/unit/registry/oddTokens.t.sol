// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DevnetToken} from "../../support/DevnetToken.sol";
import {DoorTest} from "../../support/DoorTest.sol";
import {
    BlocklistToken,
    CallbackToken,
    ChangingDecimalsToken,
    FalseReturnToken,
    FeeOnTopToken,
    FeeToken,
    GasBurningToken,
    LongReturnToken,
    MoodyToken,
    NoReturnToken,
    NoSelfTransferToken,
    NoZeroToken,
    NonsenseToken,
    PausableToken,
    RebasingToken,
    ReturnBombToken,
    SilentToken,
    StickyAllowanceToken,
    TwoReturnToken,
    ZeroFirstToken
} from "../../support/OddTokens.sol";

/// @dev What each odd token does at each door of the vault. It behaves well until it is listed, and then as its name says.
/// A column is a door, in this order: deposit, withdraw, withdraw in a batch, forced withdrawal, claim, open a settlement,
/// close one, send a shuttle, absorb. A sign is what becomes of it:
///
///   =  what was asked for moves, and the books say so
///   <  less arrives than left (or was promised), and the books still say what the vault holds
///   !  the token did not do what it said: the books say something else than what it moved
///   x  refused, and nothing has changed
contract OddTokensTest is DoorTest {
    struct Books {
        uint256 vaultHeld;
        uint256 recipientHeld;
        uint256 wethHeld;
        uint256 accounted;
        uint256 count;
    }

    /// @dev Instead of a call: the token's code is gone.
    bytes private constant GONE = "gone";

    function test_honestTokensThatAreOdd() public {
        expect(address(new DevnetToken("Ordinary", "ORD", 18)), "", "=========");
        expect(address(new DevnetToken("Whole", "WHOLE", 0)), "", "=========");
        expect(address(new DevnetToken("Fine", "FINE", 24)), "", "=========");
        ChangingDecimalsToken changing = new ChangingDecimalsToken();
        expect(address(changing), abi.encodeCall(changing.setDecimals, (77)), "=========");
        expect(address(new CallbackToken()), "", "=========");
        expect(address(new NoReturnToken()), "", "=========");
        expect(address(new LongReturnToken(64)), "", "=========");
        expect(address(new LongReturnToken(100_000)), "", "=========");
        expect(address(new NoZeroToken()), "", "=========");
        expect(address(new NoSelfTransferToken()), "", "=========");
        expect(address(new ZeroFirstToken()), "", "=========");
        expect(address(new StickyAllowanceToken()), "", "=======x=");
    }

    /// @dev Whoever is paid bears a fee.
    function test_tokensThatTake() public {
        expect(address(new FeeToken()), "", "<<<<<<<<=");
        FeeOnTopToken onTop = new FeeOnTopToken();
        expect(address(onTop), abi.encodeCall(onTop.switchOn, ()), "=!!!x!xx=");
        RebasingToken rebasing = new RebasingToken();
        bytes memory shrink = abi.encodeCall(rebasing.shrink, (address(registry), INITIAL / 2));
        expect(address(rebasing), shrink, "====<===x");
    }

    /// @dev Nothing of them moves, and nothing of anything else waits.
    function test_tokensThatRefuse() public {
        FalseReturnToken lying = new FalseReturnToken();
        expect(address(lying), abi.encodeCall(lying.setBroken, (true)), "xxxxxxxx=");
        BlocklistToken blocking = new BlocklistToken();
        expect(address(blocking), abi.encodeCall(blocking.setBlocked, (address(registry), true)), "xxxxxxxx=");
        PausableToken paused = new PausableToken();
        expect(address(paused), abi.encodeCall(paused.pause, ()), "xxxxxxxx=");
        TwoReturnToken two = new TwoReturnToken();
        expect(address(two), abi.encodeCall(two.setAnswer, (2)), "xxxxxxxx=");
        MoodyToken moody = new MoodyToken();
        expect(address(moody), abi.encodeCall(moody.setDown, ()), "x===x=xxx");
        // These two refuse only to pay.
        expect(address(new GasBurningToken()), "", "=xxxxxx==");
        expect(address(new ReturnBombToken()), "", "=xxxxxx==");
        expect(address(new DevnetToken("Gone", "GONE", 18)), GONE, "xxxxxxxxx");
    }

    /// @dev Nobody is credited for a lie. Who is paid with one has only the token's own to lose.
    function test_tokensThatLie() public {
        SilentToken silent = new SilentToken();
        expect(address(silent), abi.encodeCall(silent.fallSilent, ()), "x!!!!!xx=");
        NonsenseToken nonsense = new NonsenseToken();
        expect(address(nonsense), abi.encodeCall(nonsense.setNonsense, (type(uint256).max / 2)), "x!!!!!xx=");
    }

    // ---------------------------------------------------------------- helpers

    function expect(address odd, bytes memory turnOdd, string memory expected) private {
        admit(odd);
        bytes memory signs = new bytes(DOORS);
        for (uint256 i = 0; i < DOORS; i++) {
            uint256 before = vm.snapshotState();
            signs[i] = signAt(Door(i), odd, turnOdd);
            assertTrue(vm.revertToState(before));
        }
        assertEq(string(signs), expected, vm.toString(odd));
    }

    function signAt(Door door, address odd, bytes memory turnOdd) private returns (bytes1) {
        Call_ memory call_ = prepare(door, odd);
        Books memory before = booksOf(odd, call_.recipient, Books(0, 0, 0, 0, 0));
        turn(odd, turnOdd);
        before = booksOf(odd, call_.recipient, before);

        vm.prank(call_.caller);
        (bool ok, bytes memory result) = address(registry).call{gas: DOOR_GAS}(call_.data);

        // Of other tokens, what had to move has moved.
        if (door == Door.WithdrawMany) assertEq(weth.balanceOf(carol), AMOUNT);
        else assertEq(weth.balanceOf(address(registry)), before.wethHeld + (door == Door.Close ? 1 : 0));
        Books memory afterwards = booksOf(odd, call_.recipient, before);
        if (!ok) assertEq(afterwards.count, before.count);
        uint256 booked = distance(afterwards.accounted, before.accounted);
        // Claims are deducted nowhere.
        if (door == Door.Claim && ok) (booked,) = abi.decode(result, (uint256, uint256));
        if (booked == 0) return "x";
        if (door != Door.Absorb && distance(afterwards.vaultHeld, before.vaultHeld) != booked) return "!";
        bool comesIn = call_.recipient == address(registry);
        uint256 arrived = comesIn ? booked : afterwards.recipientHeld - before.recipientHeld;
        return arrived == call_.amount ? bytes1("=") : bytes1("<");
    }

    function booksOf(address odd, address recipient, Books memory known) private view returns (Books memory) {
        return Books({
            vaultHeld: heldBy(odd, address(registry), known.vaultHeld),
            recipientHeld: heldBy(odd, recipient, known.recipientHeld),
            wethHeld: weth.balanceOf(address(registry)),
            accounted: registry.accounted(odd),
            count: registry.count()
        });
    }

    function turn(address odd, bytes memory turnOdd) private {
        if (turnOdd.length == 0) return;
        if (keccak256(turnOdd) == keccak256(GONE)) return vm.etch(odd, "");
        (bool ok,) = odd.call(turnOdd);
        assertTrue(ok);
    }

    /// @dev Or what was known before, when the token does not say.
    function heldBy(address odd, address account, uint256 known) private view returns (uint256) {
        (bool ok, bytes memory balance) = odd.staticcall(abi.encodeCall(token.balanceOf, (account)));
        return ok && balance.length >= 32 ? abi.decode(balance, (uint256)) : known;
    }

    function distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }
}
