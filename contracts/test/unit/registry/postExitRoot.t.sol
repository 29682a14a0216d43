// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRegistry} from "../../../src/DepositRegistry.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {ExitRoots} from "../../../src/types/Messages.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract PostExitRootTest is VaultTest {
    bytes32[] private _noProof;

    function setUp() public override {
        super.setUp();
        vm.warp(block.timestamp + 1_000);
    }

    // ---------------------------------------------------------------- what it does

    function test_postExitRoot_opensTheGateAndBeats() public {
        ExitRoots memory roots = rootsOf(5);
        roots.issuedAt = uint64(block.timestamp - 10);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.ExitRootPosted(1, 1, 5, roots.issuedAt, roots.root, 0, 1);
        post(roots, 1);
        assertNewest(1, 5, roots.issuedAt, uint64(block.timestamp));
        assertEq(authority.heartbeatAt(), roots.issuedAt);
    }

    function test_newestRoot_beforeTheFirstIsTheDeployment() public {
        assertNewest(0, 0, START, START);
        (bytes32 treeRoot, uint64 processedIndex) = registry.newestTree();
        assertEq(treeRoot, 0);
        assertEq(processedIndex, 0, "nothing is taken in");
        DepositRegistry late = newRegistry(address(checkpointer), 77, new TokenListing[](0));
        (uint64 epoch, uint64 checkpoint, uint64 issuedAt,) = late.newestRoot();
        assertEq(epoch, 0);
        assertEq(checkpoint, 77);
        assertEq(issuedAt, block.timestamp);
    }

    function test_postExitRoot_worksWhilePaused() public {
        pause();
        postRoot(1);
        assertNewest(1, 1, uint64(block.timestamp), uint64(block.timestamp));
    }

    function test_postExitRoot_levelsEveryChainWithOneSignaturePair() public {
        DepositRegistry home = registry;
        bytes32 homeLeaf = leafOf("home tree", 1);
        registry = registryOnChain(10);
        bytes32 otherLeaf = leafOf("other tree", 0);
        vm.warp(block.timestamp + 100);
        ExitRoots memory roots = ExitRoots(EPOCH, 3, uint64(block.timestamp), sortedPair(homeLeaf, otherLeaf));
        Pair memory pair = signBoth(roots);

        registry.postExitRoot(roots, "other tree", 0, proofOf(homeLeaf), pair.enclave, pair.leader);
        assertNewest(1, 3, roots.issuedAt, roots.issuedAt);
        vm.chainId(HOME);
        registry = home;
        registry.postExitRoot(roots, "home tree", 1, proofOf(otherLeaf), pair.enclave, pair.leader);
        assertNewest(1, 3, roots.issuedAt, roots.issuedAt);
    }

    function test_postExitRoot_onAnotherChainChecksTheHomeDomain() public {
        registry = registryOnChain(10);
        vm.warp(block.timestamp + 100);
        ExitRoots memory roots = ExitRoots(EPOCH, 5, uint64(block.timestamp), leafOf("tree", 0));
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, "tree", 0, _noProof, pair.enclave, pair.leader);
        assertNewest(1, 5, uint64(block.timestamp), uint64(block.timestamp));
    }

    function testFuzz_postExitRoot_provesItsLeafInATreeOfAnySize(uint8 chains, uint8 position) public {
        uint256 size = bound(chains, 1, 33);
        bytes32[] memory level = new bytes32[](size);
        for (uint256 i = 0; i < size; i++) {
            level[i] = keccak256(abi.encode("chain", i));
        }
        uint256 at = position % size;
        level[at] = leafOf(0, 1);
        (bytes32 root, bytes32[] memory proof) = merkle(level, at);
        ExitRoots memory roots = rootsOf(1);
        roots.root = root;
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, 0, 1, proof, pair.enclave, pair.leader);
        assertNewest(1, 1, uint64(block.timestamp), uint64(block.timestamp));
    }

    // ---------------------------------------------------------------- order

    function test_postExitRoot_revertsIfNotNewer() public {
        postRoot(5);
        expectRefused(rootsOf(5), abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootNotNewer.selector, 5, 5));
        expectRefused(rootsOf(4), abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootNotNewer.selector, 4, 5));
    }

    function test_postExitRoot_revertsIfReplayed() public {
        ExitRoots memory roots = rootsOf(5);
        post(roots, registry.count());
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootNotNewer.selector, 5, 5));
        this.postAgain(roots, 1);
    }

    function test_postExitRoot_ofANewEpochMayBeOfAnEarlierCheckpoint() public {
        postRoot(50);
        vm.warp(block.timestamp + 2 hours);
        appointLeader(leaderKey, 2);
        ExitRoots memory roots = rootsOf(49);
        roots.epoch = 2;
        post(roots, registry.count());
        assertNewest(2, 49, uint64(block.timestamp), uint64(block.timestamp));
    }

    function test_postExitRoot_revertsIfNotOfTheCurrentEpoch() public {
        ExitRoots memory roots = rootsOf(1);
        roots.epoch = 2;
        expectRefused(roots, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_WrongEpoch.selector, 2, 1));
        vm.warp(block.timestamp + 2 hours);
        appointLeader(leaderKey, 2);
        expectRefused(rootsOf(1), abi.encodeWithSelector(IDepositRegistry.DepositRegistry_WrongEpoch.selector, 1, 2));
    }

    function test_postExitRoot_revertsIfIssuedInTheFuture() public {
        ExitRoots memory roots = rootsOf(1);
        roots.issuedAt = uint64(block.timestamp + 1);
        expectRefused(
            roots,
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_IssuedInTheFuture.selector, block.timestamp + 1)
        );
        vm.warp(block.timestamp + 1);
        post(roots, registry.count());
    }

    function test_postExitRoot_revertsIfIssuedBeforeTheNewest() public {
        postRoot(1);
        ExitRoots memory roots = rootsOf(2);
        roots.issuedAt -= 1;
        expectRefused(
            roots,
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_IssuedBeforeNewest.selector, block.timestamp - 1, block.timestamp
            )
        );
    }

    // ---------------------------------------------------------------- one checkpoint a second

    function test_postExitRoot_revertsIfTheCheckpointIsFarInTheFuture() public {
        uint64 furthest = 1_000;
        expectRefused(
            rootsOf(furthest + 1),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointTooFar.selector, furthest + 1, furthest)
        );
        expectRefused(
            rootsOf(type(uint64).max),
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_CheckpointTooFar.selector, type(uint64).max, furthest
            )
        );
        postRoot(furthest);
    }

    function test_postExitRoot_isNotHeldUpByAnOlderRootJustBefore() public {
        ExitRoots memory newer = rootsOf(1_000);
        ExitRoots memory older = rootsOf(3);
        older.issuedAt = START + 3;
        post(older, registry.count());
        newer.root = leafOf(0, registry.count());
        post(newer, registry.count());
        assertNewest(1, 1_000, uint64(block.timestamp), uint64(block.timestamp));
    }

    function test_postExitRoot_takesManySignedAtOnceOneAfterAnother() public {
        uint64 issuedAt = uint64(block.timestamp);
        postRoot(10);
        vm.warp(block.timestamp + 60);
        ExitRoots memory roots = rootsOf(70);
        roots.issuedAt = issuedAt;
        post(roots, registry.count());
        assertNewest(1, 70, issuedAt, uint64(block.timestamp));
    }

    function test_postExitRoot_ofALateChainGoesOnFromItsStartCheckpoint() public {
        registry = registryOnChain(10, 1_000_000);
        vm.warp(block.timestamp + 10);
        expectRefused(
            rootsOf(1_000_011),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointTooFar.selector, 1_000_011, 1_000_010)
        );
        postRoot(1_000_010);
    }

    /// @dev Whatever times are signed and chosen, checkpoints gain at most two a second: one by each clock.
    function testFuzz_postExitRoot_advancesAtMostTwoASecond(uint16[16] memory waits, uint16[16] memory ages) public {
        for (uint256 i = 0; i < waits.length; i++) {
            vm.warp(block.timestamp + waits[i]);
            (, uint64 newest, uint64 issued, uint64 posted) = registry.newestRoot();
            uint64 issuedAt = uint64(block.timestamp) - uint64(ages[i]);
            if (issuedAt < issued) issuedAt = issued;
            uint64 byPosted = uint64(block.timestamp) - posted;
            uint64 byIssued = issuedAt - issued;
            uint64 furthest = newest + (byPosted > byIssued ? byPosted : byIssued);
            if (furthest == newest) continue;
            ExitRoots memory roots = ExitRoots(EPOCH, furthest, issuedAt, leafOf(0, registry.count()));
            post(roots, registry.count());
        }
        (, uint64 reached,,) = registry.newestRoot();
        assertLe(reached, 2 * (block.timestamp - START));
    }

    // ---------------------------------------------------------------- proof

    function test_postExitRoot_revertsIfTheLeafIsNotInTheRoot() public {
        ExitRoots memory roots = rootsOf(1);
        roots.root = keccak256("something else");
        expectRefused(
            roots,
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_NotInRoot.selector, leafOf(0, registry.count()), roots.root
            )
        );
    }

    function test_postExitRoot_revertsIfTreeRootOrIndexOrProofDiffer() public {
        ExitRoots memory roots = rootsOf(1);
        Pair memory pair = signBoth(roots);
        expectNotInRoot();
        registry.postExitRoot(roots, "other", 1, _noProof, pair.enclave, pair.leader);
        expectNotInRoot();
        registry.postExitRoot(roots, 0, 0, _noProof, pair.enclave, pair.leader);
        expectNotInRoot();
        registry.postExitRoot(roots, 0, 1, proofOf("sibling"), pair.enclave, pair.leader);
    }

    function test_postExitRoot_revertsIfTheLeafIsOfAnotherChainOrVault() public {
        ExitRoots memory roots = rootsOf(1);
        roots.root =
            keccak256(bytes.concat(keccak256(abi.encode(uint256(10), address(registry), bytes32(0), uint64(1)))));
        expectRefusedPartly(roots, IDepositRegistry.DepositRegistry_NotInRoot.selector);
        roots.root =
            keccak256(bytes.concat(keccak256(abi.encode(block.chainid, address(authority), bytes32(0), uint64(1)))));
        expectRefusedPartly(roots, IDepositRegistry.DepositRegistry_NotInRoot.selector);
    }

    function test_postExitRoot_revertsIfMoreWasProcessedThanHappened() public {
        ExitRoots memory roots = rootsOf(1);
        roots.root = leafOf(0, 2);
        Pair memory pair = signBoth(roots);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ProcessedTooMuch.selector, 2, 1));
        registry.postExitRoot(roots, 0, 2, _noProof, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- signatures

    function test_postExitRoot_revertsWithoutBothSignatures() public {
        ExitRoots memory roots = rootsOf(1);
        bytes32 digest = digestOf(checkpointerDomain(), roots);
        bytes memory byEnclave = signed(enclaveKey, digest);
        bytes memory byLeader = signed(leaderKey, digest);
        expectNotBoth(roots, Pair(byLeader, byEnclave));
        expectNotBoth(roots, Pair(malleated(byEnclave), byLeader));
        expectNotBoth(roots, Pair(compacted(byEnclave), byLeader));
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, enclave, enclave));
        registry.postExitRoot(roots, 0, 1, _noProof, byEnclave, byEnclave);
    }

    function test_postExitRoot_revertsIfSignedInTheVaultsOwnDomain() public {
        ExitRoots memory roots = rootsOf(1);
        Pair memory pair = signBoth(digestOf(registryDomain(), roots));
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        registry.postExitRoot(roots, 0, 1, _noProof, pair.enclave, pair.leader);
    }

    function test_postExitRoot_revertsIfAFieldWasAltered() public {
        ExitRoots memory roots = rootsOf(5);
        Pair memory pair = signBoth(roots);
        roots.checkpoint = 6;
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        registry.postExitRoot(roots, 0, 1, _noProof, pair.enclave, pair.leader);
        roots = rootsOf(5);
        roots.issuedAt -= 1;
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        registry.postExitRoot(roots, 0, 1, _noProof, pair.enclave, pair.leader);
    }

    function test_postExitRoot_revertsIfNobodyLeads() public {
        vm.prank(council);
        authority.vacateLeader();
        expectRefused(rootsOf(1), abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    // ---------------------------------------------------------------- helpers

    /// @dev External, so that `vm.expectRevert` sees one call.
    function postAgain(ExitRoots memory roots, uint64 processedIndex) external {
        post(roots, processedIndex);
    }

    /// @dev Led by the same leader: as its Authority would tell it.
    function registryOnChain(uint256 chainId) private returns (DepositRegistry) {
        return registryOnChain(chainId, 0);
    }

    function registryOnChain(uint256 chainId, uint40 startCheckpoint) private returns (DepositRegistry other) {
        vm.chainId(chainId);
        other = newRegistry(address(checkpointer), startCheckpoint, new TokenListing[](0));
        vm.prank(address(authority));
        other.setAuthority(Signatures.pairOf(enclave, leader), EPOCH, 0);
    }

    function expectRefused(ExitRoots memory roots, bytes memory reason) private {
        Pair memory pair = signBoth(roots);
        uint64 count = registry.count();
        vm.expectRevert(reason);
        registry.postExitRoot(roots, 0, count, _noProof, pair.enclave, pair.leader);
    }

    function expectRefusedPartly(ExitRoots memory roots, bytes4 reason) private {
        Pair memory pair = signBoth(roots);
        vm.expectPartialRevert(reason);
        registry.postExitRoot(roots, 0, 1, _noProof, pair.enclave, pair.leader);
    }

    function expectNotInRoot() private {
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_NotInRoot.selector);
    }

    function expectNotBoth(ExitRoots memory roots, Pair memory pair) private {
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        registry.postExitRoot(roots, 0, 1, _noProof, pair.enclave, pair.leader);
    }

    function assertNewest(uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt) private view {
        (uint64 e, uint64 c, uint64 i, uint64 p) = registry.newestRoot();
        assertEq(e, epoch, "epoch");
        assertEq(c, checkpoint, "checkpoint");
        assertEq(i, issuedAt, "issued at");
        assertEq(p, postedAt, "posted at");
    }

    function proofOf(bytes32 sibling) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = sibling;
    }

    function sortedPair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// @dev A tree whose odd nodes rise unpaired.
    function merkle(bytes32[] memory level, uint256 at) private pure returns (bytes32, bytes32[] memory proof) {
        proof = new bytes32[](0);
        while (level.length > 1) {
            if ((at ^ 1) < level.length) proof = appended(proof, level[at ^ 1]);
            bytes32[] memory next = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < next.length; i++) {
                bool hasPair = 2 * i + 1 < level.length;
                next[i] = hasPair ? sortedPair(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            (level, at) = (next, at / 2);
        }
        return (level[0], proof);
    }

    function appended(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; i++) {
            longer[i] = list[i];
        }
        longer[list.length] = item;
    }
}
