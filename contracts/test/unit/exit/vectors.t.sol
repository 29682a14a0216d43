// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ExitHatch} from "../../../src/registry/ExitHatch.sol";
import {VaultBooks} from "../../../src/registry/VaultBooks.sol";
import {ExitClaim, ExitState} from "../../../src/types/Exit.sol";
import {ExitPhase, VaultState} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";

/// @dev The books and the hatch of a vault, without the rules of who may move what when.
contract BooksAndHatch {
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    address private constant ELSEWHERE = address(0xdead);

    VaultState private _vault;
    ExitState private _exit;

    function move(string calldata kind, uint256 index, bytes32 key, address token, uint256 amount) external {
        _vault.count = uint40(index);
        _vault.tokens[token].listedAt = 1;
        bytes32 kindHash = keccak256(bytes(kind));
        if (kindHash == keccak256("credit")) {
            DevnetToken(token).mint(address(this), amount);
            _vault.credit(key, token, amount);
        } else if (kindHash == keccak256("debit")) {
            _vault.debit(key, token, amount);
            token.safeTransfer(ELSEWHERE, amount);
        } else if (kindHash == keccak256("send")) {
            _vault.debitInventory(token, amount);
            token.safeTransfer(ELSEWHERE, amount);
        } else if (kindHash == keccak256("arrive")) {
            DevnetToken(token).mint(address(this), amount);
        } else if (kindHash == keccak256("absorb")) {
            _vault.creditInventory(token, amount);
        } else {
            revert(kind);
        }
    }

    function finish(bytes32 treeRoot, uint256 checkpoint, uint256 processedIndex) external {
        (_vault.treeRoot, _vault.rootCheckpoint) = (treeRoot, uint40(checkpoint));
        (_vault.processedIndex, _vault.phase) = (uint40(processedIndex), ExitPhase.Final);
    }

    function proveTotals(address token, int256 offset, uint256 transit, bytes32[] calldata proof) external {
        ExitHatch.proveTotals(_vault, _exit, token, offset, transit, proof);
    }

    function claim(bytes32 key, ExitClaim calldata claim_) external returns (uint256 share, uint256 transit) {
        return ExitHatch.claim(_vault, _exit, key, claim_);
    }
}

/// @dev The same random histories that the keeper's tests replay: what they say a claim pays, it pays, to the atom.
contract ExitVectorsTest is Test {
    // Fields in the order of the type strings below.
    struct Totals {
        address token;
        int256 offsetTotal;
        uint256 transitTotal;
        bytes32[] proof;
    }

    struct Move {
        string kind;
        uint256 index;
        bytes32 key;
        address token;
        uint256 amount;
    }

    struct Claim {
        uint256 afterMoves;
        address account;
        uint32 subaccount;
        bytes32 commitmentSalt;
        bytes32 key;
        address token;
        bool hasLeaf;
        int256 offset;
        uint256 transit;
        bytes32 salt;
        bytes32[] proof;
        uint256 paid;
    }

    string private constant TOTALS = "Totals(address token,int256 offsetTotal,uint256 transitTotal,bytes32[] proof)";
    string private constant MOVE = "Move(string kind,uint256 index,bytes32 key,address token,uint256 amount)";
    string private constant CLAIM =
        "Claim(uint256 afterMoves,address account,uint32 subaccount,bytes32 commitmentSalt,bytes32 key,address token,bool hasLeaf,int256 offset,uint256 transit,bytes32 salt,bytes32[] proof,uint256 paid)";

    string private _json;
    address private _books;
    address private _token;

    function setUp() public {
        _json = vm.readFile("contracts/test/vectors/exit.json");
        _books = address(new BooksAndHatch());
        _token = address(new DevnetToken("Vector", "VEC", 18));
    }

    function test_vectors_payWhatTheKeeperSays() public {
        uint256 clean = vm.snapshotState();
        uint256 paying = 0;
        uint256 histories = 0;
        for (; vm.keyExistsJson(_json, string.concat(".histories[", vm.toString(histories), "]")); histories++) {
            string memory history = string.concat(".histories[", vm.toString(histories), "]");
            uint256 checkpoint = vm.parseJsonUint(_json, string.concat(history, ".checkpoint"));
            for (uint256 chain = 0; chain < 3; chain++) {
                string memory path = string.concat(history, ".chains[", vm.toString(chain), "]");
                paying += replay(path, checkpoint);
                // Each has the same addresses.
                vm.revertToState(clean);
            }
        }
        assertGt(histories, 5);
        assertGt(paying, 80);
    }

    /// @dev Answers how many claims paid something.
    function replay(string memory path, uint256 checkpoint) private returns (uint256 paying) {
        vm.chainId(vm.parseJsonUint(_json, string.concat(path, ".chainId")));
        BooksAndHatch vault = vaultAt(path);
        Move[] memory moves = abi.decode(vm.parseJsonTypeArray(_json, string.concat(path, ".moves"), MOVE), (Move[]));
        Claim[] memory claims =
            abi.decode(vm.parseJsonTypeArray(_json, string.concat(path, ".claims"), CLAIM), (Claim[]));
        finish(vault, path, checkpoint);

        uint256 moved = 0;
        for (uint256 i = 0; i < claims.length; i++) {
            for (; moved < claims[i].afterMoves; moved++) {
                Move memory m = moves[moved];
                vault.move(m.kind, m.index, m.key, m.token, m.amount);
            }
            if (claims[i].paid != 0) paying++;
            check(vault, claims[i]);
        }
    }

    /// @dev At the addresses that the leaves name.
    function vaultAt(string memory path) private returns (BooksAndHatch vault) {
        address at = vm.parseJsonAddress(_json, string.concat(path, ".registry"));
        vm.etch(at, _books.code);
        Totals[] memory totals = totalsOf(path);
        for (uint256 i = 0; i < totals.length; i++) {
            vm.etch(totals[i].token, _token.code);
        }
        return BooksAndHatch(at);
    }

    function finish(BooksAndHatch vault, string memory path, uint256 checkpoint) private {
        vault.finish(
            vm.parseJsonBytes32(_json, string.concat(path, ".treeRoot")),
            checkpoint,
            vm.parseJsonUint(_json, string.concat(path, ".processedIndex"))
        );
        Totals[] memory totals = totalsOf(path);
        for (uint256 i = 0; i < totals.length; i++) {
            vault.proveTotals(totals[i].token, totals[i].offsetTotal, totals[i].transitTotal, totals[i].proof);
        }
    }

    function totalsOf(string memory path) private view returns (Totals[] memory) {
        return abi.decode(vm.parseJsonTypeArray(_json, string.concat(path, ".tokens"), TOTALS), (Totals[]));
    }

    function check(BooksAndHatch vault, Claim memory claimed) private {
        bool isAccount = claimed.key == bytes32(uint256(uint160(claimed.account)));
        bytes32 commitment = keccak256(abi.encode(claimed.account, claimed.subaccount, claimed.commitmentSalt));
        assertTrue(isAccount || claimed.key == commitment, "key");
        ExitClaim memory claim = ExitClaim({
            account: claimed.account,
            token: claimed.token,
            recipient: claimed.account,
            offset: claimed.offset,
            transit: claimed.transit,
            salt: claimed.hasLeaf ? claimed.salt : bytes32(0),
            proof: claimed.proof
        });
        if (claimed.paid == 0) {
            vm.expectRevert(
                abi.encodeWithSelector(IExitHatch.ExitHatch_NothingDue.selector, claimed.key, claimed.token)
            );
            vault.claim(claimed.key, claim);
            return;
        }
        (uint256 share, uint256 transit) = vault.claim(claimed.key, claim);
        assertEq(share + transit, claimed.paid, "paid");
    }
}
