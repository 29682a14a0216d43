// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ExitClaim} from "../../src/types/Exit.sol";
import {ExitRoots, ForcedAnswer} from "../../src/types/Messages.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {VaultTest} from "./VaultTest.sol";

/// @title The keeper's part of an exit, by hand: trees of leaves, roots, answers; and the ways into the final phase
abstract contract ExitTest is VaultTest {
    uint8 internal constant PAID = 0;
    uint8 internal constant NO_BALANCE = 1;
    uint8 internal constant OVER_LIMIT = 4;
    /// @dev Of the tree that `postTree` posts.
    uint64 internal treeCheckpoint = 5;

    bytes32 internal constant EXIT_LEAF = keccak256(
        "ExitLeaf(uint256 chainId,address registry,uint64 checkpoint,bytes32 key,address token,int256 offset,uint256 transit,bytes32 salt)"
    );
    bytes32 internal constant TOKEN_LEAF = keccak256(
        "ExitTokenLeaf(uint256 chainId,address registry,uint64 checkpoint,address token,int256 offsetTotal,uint256 transitTotal)"
    );

    /// @dev Hashes of the leaves of the tree that `postTree` posts, in order.
    bytes32[] internal leaves;

    uint256 internal fee;

    function setUp() public virtual override {
        super.setUp();
        fee = registry.forcedFee();
    }

    // ---------------------------------------------------------------- trees

    function accountLeaf(bytes32 key, address token_, int256 offset, uint256 transit) internal view returns (bytes32) {
        bytes memory content = abi.encode(
            EXIT_LEAF,
            block.chainid,
            address(registry),
            treeCheckpoint,
            key,
            token_,
            offset,
            transit,
            saltOf(key, token_)
        );
        return keccak256(bytes.concat(keccak256(content)));
    }

    function tokenLeaf(address token_, int256 offset, uint256 transit) internal view returns (bytes32) {
        bytes memory content =
            abi.encode(TOKEN_LEAF, block.chainid, address(registry), treeCheckpoint, token_, offset, transit);
        return keccak256(bytes.concat(keccak256(content)));
    }

    function saltOf(bytes32 key, address token_) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", key, token_));
    }

    function treeRoot() internal view returns (bytes32) {
        bytes32[] memory level = leaves;
        while (level.length > 1) {
            level = levelAbove(level);
        }
        return level.length == 0 ? bytes32(0) : level[0];
    }

    /// @dev Of the first leaf with this hash.
    function proofOf(bytes32 leaf) internal view returns (bytes32[] memory proof) {
        uint256 at = 0;
        while (leaves[at] != leaf) {
            at++;
        }
        bytes32[] memory level = leaves;
        bytes32[] memory found = new bytes32[](256);
        uint256 length = 0;
        while (level.length > 1) {
            if (at ^ 1 < level.length) found[length++] = level[at ^ 1];
            (level, at) = (levelAbove(level), at / 2);
        }
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; i++) {
            proof[i] = found[i];
        }
    }

    function sortedPair(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encodePacked(a, b)) : keccak256(abi.encodePacked(b, a));
    }

    /// @dev The last of an odd level is taken up as it is.
    function levelAbove(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < above.length; i++) {
            above[i] = 2 * i + 1 < level.length ? sortedPair(level[2 * i], level[2 * i + 1]) : level[2 * i];
        }
    }

    /// @dev Posts the tree of `leaves` as that of `treeCheckpoint`, having taken in everything so far.
    function postTree() internal {
        vm.warp(block.timestamp + 1 hours);
        postTree(registry.count());
    }

    function postTree(uint64 processedIndex) internal {
        postTreeOf(EPOCH, processedIndex);
    }

    function postTreeOf(uint64 epoch, uint64 processedIndex) internal {
        ExitRoots memory roots = ExitRoots({
            epoch: epoch,
            checkpoint: treeCheckpoint,
            issuedAt: uint64(block.timestamp),
            root: leafOf(treeRoot(), processedIndex)
        });
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, treeRoot(), processedIndex, new bytes32[](0), pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- exit mode

    /// @dev The keeper falls silent.
    function enterExit() internal {
        vm.warp(block.timestamp + 7 days);
        registry.enterExitMode();
    }

    function reachFinal() internal {
        enterExit();
        vm.warp(block.timestamp + 48 hours);
        registry.finalizeExit();
    }

    function assertPhase(ExitPhase expected) internal view {
        assertEq(uint256(registry.exitPhase()), uint256(expected), "phase");
    }

    // ---------------------------------------------------------------- forced withdrawals

    function ask(address account, uint256 amount) internal returns (uint256 id) {
        return ask(account, address(token), amount, account);
    }

    function ask(address account, address token_, uint256 amount, address recipient) internal returns (uint256 id) {
        vm.deal(account, account.balance + fee);
        vm.prank(account);
        return registry.requestForcedWithdrawal{value: fee}(token_, amount, recipient);
    }

    function answer(uint256 id, uint256 paid, uint8 reason) internal {
        (, uint64 checkpoint,,) = registry.newestRoot();
        answer(ForcedAnswer(id, paid, reason, checkpoint));
    }

    function answer(ForcedAnswer memory message) internal {
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        vm.prank(courier);
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- claims

    /// @dev With a leaf.
    function claimOf(address account, address token_, int256 offset, uint256 transit)
        internal
        view
        returns (ExitClaim memory)
    {
        return claimOf(account, keyOf(account), token_, offset, transit);
    }

    function claimOf(address account, bytes32 key, address token_, int256 offset, uint256 transit)
        internal
        view
        returns (ExitClaim memory)
    {
        return ExitClaim({
            account: account,
            token: token_,
            recipient: account,
            offset: offset,
            transit: transit,
            salt: saltOf(key, token_),
            proof: proofOf(accountLeaf(key, token_, offset, transit))
        });
    }

    /// @dev Without one.
    function bareClaimOf(address account, address token_) internal pure returns (ExitClaim memory) {
        return ExitClaim({
            account: account, token: token_, recipient: account, offset: 0, transit: 0, salt: 0, proof: new bytes32[](0)
        });
    }

    function proveTotals(address token_, int256 offset, uint256 transit) internal {
        registry.proveTotals(token_, offset, transit, proofOf(tokenLeaf(token_, offset, transit)));
    }
}
