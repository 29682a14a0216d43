// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {Absorb} from "../../../src/types/Messages.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {ShuttleTest} from "../../support/ShuttleTest.sol";

contract AbsorbTest is ShuttleTest {
    function test_absorb_bringsIntoTheBooksWhatLiesBesideThem() public {
        token.mint(address(registry), 10e18);
        vm.expectEmit(address(registry));
        emit IShuttles.Absorbed(registry.count(), "1", address(token), 4e18, REFUND);
        absorb(absorptionOf("1", 4e18));
        assertBooks(HELD + 4e18, 4e18);
        assertTrue(registry.isAbsorbed("1"));
        absorb(absorptionOf("2", 6e18));
        assertBooks(HELD + 10e18, 10e18);
    }

    function test_absorb_worksWhilePausedAndAfterTheExit() public {
        token.mint(address(registry), 1);
        pause();
        setExitPhase(ExitPhase.Final);
        absorb(absorptionOf("1", 1));
    }

    function test_absorb_goesBeyondTheDepositCap() public {
        vm.prank(council);
        registry.changeDepositCap(address(token), 0);
        token.mint(address(registry), 1);
        absorb(absorptionOf("1", 1));
    }

    function testFuzz_absorb_neverMoreThanLiesBesideTheBooks(uint96 gift, uint96 amount) public {
        token.mint(address(registry), gift);
        Absorb memory absorption = absorptionOf("1", amount);
        Pair memory pair = signBoth(absorption);
        if (amount == 0) vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAmount.selector);
        else if (amount > gift) expectNotReceived(amount, gift);
        absorb(absorption, pair);
    }

    function test_absorb_revertsIfTheVaultHoldsNoMoreThanItsBooks() public {
        Absorb memory absorption = absorptionOf("1", 1);
        Pair memory pair = signBoth(absorption);
        expectNotReceived(1, 0);
        absorb(absorption, pair);
    }

    function test_absorb_revertsIfTheNonceWasAbsorbed() public {
        token.mint(address(registry), 10e18);
        absorb(absorptionOf("1", 4e18));
        Absorb memory other = absorptionOf("1", 6e18);
        Pair memory pair = signBoth(other);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_AlreadyAbsorbed.selector, bytes32("1")));
        absorb(other, pair);
    }

    /// @dev Sent and come back: two sets.
    function test_absorb_takesTheNonceOfAShuttleThatWasSent() public {
        send(orderOf("1", 1_000));
        vm.warp(block.timestamp + 1 days);
        refund(pool(), address(token), address(registry), 1_000e18);
        absorb(absorptionOf("1", 1_000e18));
        assertBooks(HELD, 0);
    }

    function test_absorb_revertsIfNothingIsAbsorbed() public {
        Absorb memory absorption = absorptionOf("1", 0);
        Pair memory pair = signBoth(absorption);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAmount.selector);
        absorb(absorption, pair);
    }

    function test_absorb_revertsIfTheTokenIsNotListed() public {
        DevnetToken junk = new DevnetToken("Junk", "JUNK", 6);
        junk.mint(address(registry), 1);
        Absorb memory absorption = absorptionOf("1", 1);
        absorption.token = address(junk);
        Pair memory pair = signBoth(absorption);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, junk));
        absorb(absorption, pair);
    }

    function test_absorb_revertsIfItsCheckpointIsNotPosted() public {
        token.mint(address(registry), 1);
        Absorb memory absorption = absorptionOf("1", 1);
        absorption.checkpoint = 2;
        Pair memory pair = signBoth(absorption);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 2, EPOCH, 1)
        );
        absorb(absorption, pair);
    }

    /// @dev The root of the leader before says nothing of what the keeper of now knows.
    function test_absorb_revertsBeforeTheFirstRootOfANewLeader() public {
        token.mint(address(registry), 1);
        leaderKey = uint256(keccak256("the next leader"));
        appointLeader(leaderKey, EPOCH + 1);
        Absorb memory absorption = absorptionOf("1", 1);
        Pair memory pair = signBoth(absorption);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 1, EPOCH, 1)
        );
        absorb(absorption, pair);
    }

    function test_absorb_revertsIfOnlyOneKeySigned() public {
        token.mint(address(registry), 1);
        Absorb memory absorption = absorptionOf("1", 1);
        Pair memory pair = signBoth(absorption);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, enclave, enclave));
        absorb(absorption, Pair(pair.enclave, pair.enclave));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, leader, leader));
        absorb(absorption, Pair(pair.leader, pair.leader));
    }

    function test_absorb_revertsIfItIsAnotherChains() public {
        Absorb memory absorption = absorptionOf("1", 1);
        absorption.token = address(dollars[DESTINATION]);
        Pair memory pair = signBoth(absorption);
        visit(DESTINATION);
        token.mint(address(registry), 1);
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        absorb(absorption, pair);
    }

    function expectNotReceived(uint256 amount, uint256 unaccounted) private {
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, amount, unaccounted));
    }
}
