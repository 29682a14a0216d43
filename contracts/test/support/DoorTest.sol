// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ShuttleRoute} from "../../src/types/Listings.sol";
import {Absorb, ForcedAnswer, SettlementIntent, Shuttle, Withdrawal} from "../../src/types/Messages.sol";
import {ExitClaim} from "../../src/types/Exit.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {Across, IAcrossPool} from "./Across.sol";
import {DevnetToken} from "./DevnetToken.sol";
import {DevnetWeth} from "./DevnetWeth.sol";
import {CowTest} from "./cow/CowTest.sol";

/// @title Every door through which the vault touches a token, each prepared up to the call itself
/// @dev CoW Protocol and Across' pool are the real ones.
abstract contract DoorTest is CowTest, Across {
    enum Door {
        Deposit,
        Withdraw,
        WithdrawMany,
        Force,
        Claim,
        Open,
        Close,
        Send,
        Absorb
    }

    /// @dev A call of the vault that moves `amount` atoms, to `recipient`.
    struct Call_ {
        address caller;
        bytes data;
        address recipient;
        uint256 amount;
    }

    uint256 internal constant DOORS = uint256(type(Door).max) + 1;
    uint256 internal constant AMOUNT = 1_000;
    /// @dev More than any door needs, and little enough to be burned many times.
    uint256 internal constant DOOR_GAS = 3_000_000;
    uint256 private constant ELSEWHERE = 8453;

    IAcrossPool internal pool;
    address internal carol = makeAddr("carol");

    function setUp() public virtual override {
        pool = deployPool(address(new DevnetWeth()));
        spokePool = address(pool);
        super.setUp();
    }

    /// @dev Behaving well so far, it can be deposited, settled and sent; Bob has plenty of it in the vault.
    function admit(address odd) internal {
        makeSettleable(odd);
        vm.prank(slowGovernor);
        registry.changeRoute(odd, ELSEWHERE, ShuttleRoute(odd, 18, 18, 0));
    }

    function prepare(Door door, address odd) internal returns (Call_ memory) {
        if (door == Door.Deposit) return depositOf(odd);
        if (door == Door.Withdraw) return withdrawOf(odd);
        if (door == Door.WithdrawMany) return withdrawManyOf(odd);
        if (door == Door.Force) return forceOf(odd);
        if (door == Door.Claim) return claimOf(odd);
        if (door == Door.Open) return openOf(odd);
        if (door == Door.Close) return closeOf(odd);
        if (door == Door.Send) return sendOf(odd);
        return absorbOf(odd);
    }

    /// @dev She has as much again, for tokens that cost their sender more.
    function depositOf(address odd) private returns (Call_ memory) {
        fund(odd, alice, 2 * AMOUNT);
        return Call_(alice, abi.encodeCall(registry.deposit, (odd, AMOUNT, alice, 0)), address(registry), AMOUNT);
    }

    function withdrawOf(address odd) private view returns (Call_ memory) {
        Withdrawal memory withdrawal = withdrawalTo(carol, odd);
        Pair memory pair = signBoth(withdrawal);
        bytes memory data = abi.encodeCall(registry.withdraw, (withdrawal, pair.enclave, pair.leader));
        return Call_(courier, data, carol, AMOUNT);
    }

    /// @dev Beside one of WETH, which must be paid whatever becomes of it.
    function withdrawManyOf(address odd) private view returns (Call_ memory) {
        Withdrawal[] memory withdrawals = new Withdrawal[](2);
        bytes[] memory enclaveSignatures = new bytes[](2);
        bytes[] memory leaderSignatures = new bytes[](2);
        (withdrawals[0], withdrawals[1]) = (withdrawalTo(carol, odd), withdrawalTo(carol, address(weth)));
        withdrawals[1].nonce = 1;
        for (uint256 i = 0; i < 2; i++) {
            Pair memory pair = signBoth(withdrawals[i]);
            (enclaveSignatures[i], leaderSignatures[i]) = (pair.enclave, pair.leader);
        }
        bytes memory data = abi.encodeCall(registry.withdrawMany, (withdrawals, enclaveSignatures, leaderSignatures));
        return Call_(courier, data, carol, AMOUNT);
    }

    function forceOf(address odd) private returns (Call_ memory) {
        uint256 fee = registry.forcedFee();
        vm.deal(bob, fee);
        vm.prank(bob);
        uint256 id = registry.requestForcedWithdrawal{value: fee}(odd, AMOUNT, carol);
        ForcedAnswer memory answer = ForcedAnswer(id, AMOUNT, 0, 1);
        Pair memory pair = signBoth(digestOf(registryDomain(), answer));
        return Call_(courier, abi.encodeCall(registry.answerForced, (answer, pair.enclave, pair.leader)), carol, AMOUNT);
    }

    /// @dev Of all that he has there, which came after the root in force: no leaf is needed.
    function claimOf(address odd) private returns (Call_ memory) {
        setPhase(ExitPhase.Final);
        (uint256 deposited,,) = registry.counters(keyOf(bob), odd);
        ExitClaim memory claim = ExitClaim(bob, odd, bob, 0, 0, 0, new bytes32[](0));
        return Call_(bob, abi.encodeCall(registry.claim, (claim)), bob, deposited);
    }

    function openOf(address odd) private returns (Call_ memory) {
        SettlementIntent memory intent = intentOf(odd, AMOUNT, address(weth), 1);
        return Call_(courier, openCall(intent), laneOf(intent), AMOUNT);
    }

    /// @dev After its expiry, with some of the WETH unsold, which must come back whatever becomes of the token.
    function closeOf(address odd) private returns (Call_ memory) {
        SettlementIntent memory intent = intentOf(address(weth), AMOUNT, odd, 1);
        open(intent);
        fill(intent, AMOUNT - 1, AMOUNT);
        vm.warp(intent.validTo + 1);
        return Call_(courier, closeCall(intent), address(registry), AMOUNT);
    }

    function sendOf(address odd) private view returns (Call_ memory) {
        Shuttle memory order = Shuttle({
            nonce: "shuttle",
            originChainId: HOME,
            destinationChainId: ELSEWHERE,
            inputToken: odd,
            outputToken: odd,
            inputAmount: AMOUNT,
            outputAmount: AMOUNT,
            fillDeadline: uint32(block.timestamp + 20 minutes),
            validUntil: uint64(block.timestamp),
            checkpoint: 1
        });
        Pair memory pair = signBoth(digestOf(registryDomain(), order));
        bytes memory data = abi.encodeCall(registry.shuttle, (order, pair.enclave, pair.leader));
        return Call_(courier, data, address(pool), AMOUNT);
    }

    /// @dev What is beside the books is there already: nothing moves.
    function absorbOf(address odd) private returns (Call_ memory) {
        DevnetToken(odd).mint(address(registry), AMOUNT);
        Absorb memory absorption = Absorb("absorption", odd, AMOUNT, 1, 1);
        Pair memory pair = signBoth(digestOf(registryDomain(), absorption));
        bytes memory data = abi.encodeCall(registry.absorb, (absorption, pair.enclave, pair.leader));
        return Call_(courier, data, address(registry), AMOUNT);
    }

    /// @dev Bob's.
    function withdrawalTo(address recipient, address token_) private view returns (Withdrawal memory withdrawal) {
        withdrawal = withdrawalOf(bob, AMOUNT, 0);
        (withdrawal.token, withdrawal.recipient) = (token_, recipient);
    }
}
