// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TokenListing} from "../../src/types/Listings.sol";
import {ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {Limit} from "../../src/types/VaultState.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title Somebody has stolen the keys, and takes what he can until the council acts
/// @dev He signs whatever he likes: roots of checkpoints that never were, withdrawals of anybody's money to himself.
contract ThiefHandler is VaultTest {
    /// @notice One movement, in atoms.
    struct Movement {
        uint64 at;
        uint256 out;
        uint256 back;
    }

    uint112 public constant CAPACITY = 1_000e18;
    uint32 public constant REFILL_SECONDS = 1 days;
    /// @notice A thousand times what the bucket holds.
    uint256 public constant DEPOSITED = 1_000_000e18;

    address public immutable THIEF = makeAddr("thief");

    DevnetToken public loot;
    uint64 public stolenAt;
    uint64 public actedAt;
    uint256 public depositedSince;
    /// @notice Must stay 0.
    uint256 public robbedWithOneKey;
    uint256 public robbedAfterTheCouncilActed;
    uint256 public robbedWhilePaused;

    // What the runs reached.
    uint256 public robberies;
    uint256 public refusals;

    Movement[] private _movements;
    uint256 private _nextNonce;

    function setUp() public override {
        super.setUp();
        loot = new DevnetToken("Loot", "LOOT", 18);
        TokenListing memory listing = listingOf(address(loot), CAP);
        listing.withdrawalLimit = Limit(CAPACITY, REFILL_SECONDS);
        vm.prank(governor);
        registry.listToken(listing);
        depositAs(alice, DEPOSITED);
        reachRoot(1);
        stolenAt = uint64(block.timestamp);
    }

    // ---------------------------------------------------------------- the thief

    function rob(uint256 amount, bool fromAlice) external {
        Withdrawal memory withdrawal = theft(bound(amount, 1, uint256(CAPACITY) * 5 / 4), fromAlice);
        Pair memory pair = signBoth(withdrawal);
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            robberies++;
            if (actedAt != 0) robbedAfterTheCouncilActed++;
            if (authority.paused()) robbedWhilePaused++;
            _movements.push(Movement(uint64(block.timestamp), withdrawal.amount, 0));
        } catch {
            refusals++;
        }
    }

    function robWithOneKey(uint256 amount, bool hasEnclaveKey, uint256 otherKey) external {
        otherKey = boundPrivateKey(otherKey);
        if (otherKey == enclaveKey || otherKey == leaderKey) return;
        Withdrawal memory withdrawal = theft(bound(amount, 1, CAPACITY), true);
        bytes32 digest = digestOf(registryDomain(), withdrawal);
        Pair memory pair = signBoth(digest);
        if (hasEnclaveKey) pair.leader = signed(otherKey, digest);
        else pair.enclave = signed(otherKey, digest);
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            robbedWithOneKey++;
        } catch {}
    }

    /// @dev A state that never was, in which everything is his.
    function forgeRoot(uint16 step, bytes32 treeRoot) external {
        (, uint64 newest,,) = registry.newestRoot();
        ExitRoots memory roots =
            ExitRoots(authority.epoch(), newest + step, uint64(block.timestamp), leafOf(treeRoot, registry.count()));
        Pair memory pair = signBoth(roots);
        try registry.postExitRoot(roots, treeRoot, registry.count(), new bytes32[](0), pair.enclave, pair.leader) {}
            catch {}
    }

    // ---------------------------------------------------------------- everybody else

    function depositMore(uint96 amount) external {
        if (actedAt != 0) return;
        uint256 more = bound(amount, 1, CAPACITY);
        depositAs(bob, more);
        depositedSince += more;
        _movements.push(Movement(uint64(block.timestamp), 0, more));
    }

    function letTimePass(uint24 time) external {
        vm.warp(block.timestamp + time % (2 * REFILL_SECONDS));
    }

    /// @dev Seldom, or there would be nothing to steal.
    function guardianPauses(uint8 seldom) external {
        if (seldom % 16 != 0 || authority.paused()) return;
        vm.prank(guardian);
        try authority.pause() {} catch {}
    }

    function councilActs(uint8 seldom) external {
        if (seldom % 16 != 0 || actedAt != 0) return;
        actedAt = uint64(block.timestamp);
        vm.prank(council);
        authority.vacateLeader();
    }

    // ---------------------------------------------------------------- what the invariants ask

    function stolen() external view returns (uint256) {
        return loot.balanceOf(THIEF);
    }

    function movementCount() external view returns (uint256) {
        return _movements.length;
    }

    function movementAt(uint256 i) external view returns (Movement memory) {
        return _movements[i];
    }

    // ---------------------------------------------------------------- helpers

    function theft(uint256 amount, bool fromAlice) private returns (Withdrawal memory) {
        return Withdrawal({
            account: fromAlice ? alice : THIEF,
            token: address(loot),
            amount: amount,
            recipient: THIEF,
            nonce: _nextNonce++,
            checkpoint: 1,
            deadline: uint64(block.timestamp + 1 hours)
        });
    }

    function depositAs(address account, uint256 amount) private {
        fund(address(loot), account, amount);
        vm.prank(account);
        registry.deposit(address(loot), amount, account, 0);
    }
}
