// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ExitClaim} from "../../src/types/Exit.sol";
import {Withdrawal} from "../../src/types/Messages.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {ExitTest} from "../support/ExitTest.sol";
import {VaultHarness} from "../support/VaultHarness.sol";

/// @title Random histories of one vault with a keeper beside it, an exit, and claims in any order
/// @dev The keeper is modelled as it is specified: what each account owns, what is reserved, and what a tree says of whom.
/// A tree may be posted long after it was cut. Accounts own money in other vaults, too, which is one number here. Lanes and
/// pools are modelled: their money moves through the vault's books, for commitments and for inventory.
///
/// What a key should be able to take is counted beside the vault, from what happened to it since the cut.
contract ExitHandler is ExitTest {
    enum Stage {
        Reserved,
        Gone,
        Over
    }

    /// @dev A withdrawal, or a settlement that sells the token (with a commitment). `back` lies in the lane.
    struct Outgoing {
        uint256 owner;
        uint256 amount;
        uint64 checkpoint;
        uint64 deadline;
        bytes32 commitment;
        Stage stage;
        uint256 back;
    }

    /// @dev `amount` leaves one side, `arrives` comes to the other.
    struct Shuttle {
        bool fromHere;
        uint256 amount;
        uint256 arrives;
        uint64 checkpoint;
        Stage stage;
    }

    /// @dev `should` is what the key should be able to take of the holdings, `shouldNext` the same by the tree that was cut
    /// last; it may be less than nothing for no honest key.
    struct Key {
        uint256 owner;
        bytes32 salt;
        int256 should;
        int256 shouldNext;
        int256 offset;
        int256 offsetNext;
        uint256 transit;
        uint256 transitNext;
        bool hasLeaf;
        bool hasLeafNext;
        uint256 paidShare;
        uint256 paidTransit;
    }

    uint256 internal constant OWNERS = 4;
    uint256 internal constant FEE_OWNER = 3;
    uint256 private constant MOST = 10;
    uint64 private constant LIFE = 6 hours;

    address[OWNERS] public owners;
    /// @dev What is not reserved, wherever it lies.
    uint256[OWNERS] private _balances;
    uint256 private _elsewhere;
    Outgoing[] private _outgoing;
    Shuttle[] private _shuttles;

    bytes32[] public keys;
    mapping(bytes32 => Key) private _keys;
    int256 private _offsetTotal;
    int256 private _offsetTotalNext;
    uint256 private _transitTotal;
    uint256 private _transitTotalNext;
    bytes32[] private _leavesNext;
    uint64 private _checkpoint;
    uint64 private _processedNext;
    bool private _isCut;

    /// @dev The share of the holdings that the last claim met, as a fraction.
    uint256 private _lastPart;
    uint256 private _lastWhole = 1;

    // What the invariants ask. The first five must stay 0.
    uint256 public wrongShares;
    uint256 public wrongTransits;
    uint256 public smallerRatios;
    uint256 public aboveEntitlement;
    uint256 public aboveHoldings;
    uint256 public paidInAll;

    // What the runs reached.
    uint256 public posted;
    uint256 public withdrawn;
    uint256 public cancelled;
    uint256 public opened;
    uint256 public closed;
    uint256 public sent;
    uint256 public arrived;
    uint256 public claims;
    uint256 public transitClaims;
    uint256 public shortClaims;
    uint256 public bareClaims;
    uint256 public commitmentClaims;

    function setUp() public override {
        super.setUp();
        VaultHarness harness = new VaultHarness(address(authority), HOME, address(checkpointer));
        vm.etch(address(registry), address(harness).code);
        owners = [alice, bob, makeAddr("newcomer"), makeAddr("fees")];
        for (uint256 i = 0; i < OWNERS; i++) {
            bytes32 key = keyOf(owners[i]);
            keys.push(key);
            _keys[key].owner = i;
        }
        _elsewhere = 10_000;
        _balances[FEE_OWNER] = 10_000;
        depositAny(FEE_OWNER, 5_000);
        depositAny(0, 700);
        cut(0);
        post();
    }

    // ---------------------------------------------------------------- before the exit

    function depositAny(uint256 who, uint16 amount) public {
        if (registry.exitPhase() == ExitPhase.Final) return;
        // The newcomer comes late.
        who = who % OWNERS;
        if (who == 2 && registry.exitPhase() == ExitPhase.Running) who = 1;
        uint256 deposited = uint256(amount) + 1;
        deposit(owners[who], deposited);
        _balances[who] += deposited;
        shift(keyOf(owners[who]), int256(deposited));
    }

    function trade(uint256 from, uint256 to, uint16 amount) external {
        (from, to) = (from % OWNERS, to % OWNERS);
        uint256 moved = uint256(amount) % (_balances[from] + 1);
        _balances[from] -= moved;
        _balances[to] += moved;
    }

    /// @dev A withdrawal or a settlement.
    function reserve(uint256 who, uint16 amount, bool settles) external {
        who = who % OWNERS;
        uint256 most = free() < _balances[who] ? free() : _balances[who];
        if (_outgoing.length == MOST || most == 0 || isOver()) return;
        uint256 reserved = uint256(amount) % most + 1;
        _balances[who] -= reserved;
        bytes32 salt = keccak256(abi.encode("commitment", _outgoing.length));
        bytes32 commitment = settles ? keccak256(abi.encode(owners[who], uint32(1), salt)) : bytes32(0);
        if (settles) {
            keys.push(commitment);
            (_keys[commitment].owner, _keys[commitment].salt) = (who, salt);
        }
        _outgoing.push(
            Outgoing({
                owner: who,
                amount: reserved,
                checkpoint: _checkpoint + 1,
                deadline: uint64(block.timestamp) + LIFE,
                commitment: commitment,
                stage: Stage.Reserved,
                back: 0
            })
        );
    }

    /// @dev Anybody submits what the keeper approved.
    function execute(uint256 which) external {
        if (_outgoing.length == 0) return;
        which = which % _outgoing.length;
        Outgoing storage item = _outgoing[which];
        (, uint64 newest,,) = registry.newestRoot();
        bool isDue = item.checkpoint <= newest && block.timestamp <= item.deadline;
        if (item.stage != Stage.Reserved || !isDue || registry.exitPhase() == ExitPhase.Final) return;
        bytes32 key = item.commitment == 0 ? keyOf(owners[item.owner]) : item.commitment;
        if (item.commitment == 0) {
            withdraw(withdrawalOf(item, which));
            withdrawn++;
        } else {
            VaultHarness(address(registry)).debit(key, address(token), item.amount);
            spend(item.amount);
            item.back = item.amount;
            opened++;
        }
        item.stage = item.commitment == 0 ? Stage.Over : Stage.Gone;
        shift(key, -int256(item.amount));
    }

    /// @dev The account cancels, or the deadline passes; the keeper gives back.
    function giveBack(uint256 which) external {
        if (_outgoing.length == 0 || isOver()) return;
        which = which % _outgoing.length;
        Outgoing storage item = _outgoing[which];
        if (item.stage != Stage.Reserved) return;
        if (block.timestamp <= item.deadline) {
            if (item.commitment != 0) return;
            vm.prank(owners[item.owner]);
            registry.cancelWithdrawal(which);
        }
        item.stage = Stage.Over;
        _balances[item.owner] += item.amount;
        cancelled++;
    }

    /// @dev A solver sells a part of what is in the lane; what it gave for that is another token, which is not looked at.
    function fill(uint256 which, uint16 amount) external {
        if (_outgoing.length == 0) return;
        Outgoing storage item = _outgoing[which % _outgoing.length];
        if (item.stage != Stage.Gone) return;
        item.back -= uint256(amount) % (item.back + 1);
    }

    /// @dev Also in the final exit.
    function close(uint256 which) public {
        if (_outgoing.length == 0) return;
        Outgoing storage item = _outgoing[which % _outgoing.length];
        if (item.stage != Stage.Gone) return;
        item.stage = Stage.Over;
        closed++;
        if (item.back == 0) return;
        token.mint(address(registry), item.back);
        VaultHarness(address(registry)).credit(item.commitment, address(token), item.back);
        if (!isOver()) _balances[item.owner] += item.back;
        shift(item.commitment, int256(item.back));
    }

    /// @dev The fee is the fee account's expense at once.
    function reserveShuttle(uint16 amount, bool fromHere) external {
        uint256 most = fromHere ? free() : freeElsewhere();
        if (_shuttles.length == MOST || most == 0 || isOver()) return;
        uint256 reserved = uint256(amount) % most + 1;
        uint256 shuttleFee = reserved / 50;
        if (_balances[FEE_OWNER] < shuttleFee) return;
        _balances[FEE_OWNER] -= shuttleFee;
        _shuttles.push(Shuttle(fromHere, reserved, reserved - shuttleFee, _checkpoint + 1, Stage.Reserved));
    }

    function send(uint256 which) external {
        if (_shuttles.length == 0) return;
        Shuttle storage item = _shuttles[which % _shuttles.length];
        (, uint64 newest,,) = registry.newestRoot();
        if (item.stage != Stage.Reserved || item.checkpoint > newest || registry.exitPhase() == ExitPhase.Final) {
            return;
        }
        item.stage = Stage.Gone;
        sent++;
        if (item.fromHere) {
            VaultHarness(address(registry)).debitInventory(address(token), item.amount);
            spend(item.amount);
        } else {
            _elsewhere -= item.amount;
        }
    }

    /// @dev On the other side, or back, with or without an entry in the books: in the final exit nobody signs one.
    function land(uint256 which, bool refunded, bool booked) public {
        if (_shuttles.length == 0) return;
        Shuttle storage item = _shuttles[which % _shuttles.length];
        if (item.stage != Stage.Gone) return;
        item.stage = Stage.Over;
        arrived++;
        bool isHere = item.fromHere == refunded;
        uint256 came = refunded ? item.amount : item.arrives;
        if (isHere) {
            token.mint(address(registry), came);
            if (booked || !isOver()) VaultHarness(address(registry)).creditInventory(address(token), came);
        } else {
            _elsewhere += came;
        }
        if (refunded && !isOver()) _balances[FEE_OWNER] += item.amount - item.arrives;
    }

    // ---------------------------------------------------------------- trees

    /// @dev A checkpoint: the tree is known, and posted when somebody gets to it.
    function cut(uint256 seed) public {
        if (isOver()) return;
        (_isCut, _checkpoint, _processedNext) = (true, _checkpoint + 1, registry.count());
        uint64 inForce = treeCheckpoint;
        treeCheckpoint = _checkpoint;
        for (uint256 i = 0; i < keys.length; i++) {
            Key storage key = _keys[keys[i]];
            (key.shouldNext, key.transitNext) = (0, 0);
        }
        reservedToKeys();
        _transitTotalNext = allot(seed);

        delete _leavesNext;
        int256 exits = 0;
        for (uint256 i = 0; i < keys.length; i++) {
            exits += plantLeaf(keys[i]);
        }
        int256 net = int256(registry.accounted(address(token))) - registry.inventory(address(token));
        _offsetTotalNext = exits - net;
        _leavesNext.push(tokenLeaf(address(token), _offsetTotalNext, _transitTotalNext));
        treeCheckpoint = inForce;
    }

    /// @dev Anybody may, hours later.
    function post() public {
        if (!_isCut || registry.exitPhase() != ExitPhase.Running) return;
        vm.warp(block.timestamp + 1 hours);
        treeCheckpoint = _checkpoint;
        leaves = _leavesNext;
        (_offsetTotal, _transitTotal) = (_offsetTotalNext, _transitTotalNext);
        for (uint256 i = 0; i < keys.length; i++) {
            Key storage key = _keys[keys[i]];
            (key.should, key.offset) = (key.shouldNext, key.offsetNext);
            (key.transit, key.hasLeaf) = (key.transitNext, key.hasLeafNext);
        }
        _isCut = false;
        postTree(_processedNext);
        posted++;
    }

    /// @dev The keeper falls silent, or not yet.
    function letTimePass(uint256 seed) external {
        if (registry.exitPhase() != ExitPhase.Running || seed % 8 != 0) {
            vm.warp(block.timestamp + seed % 5 hours);
        } else {
            enterExit();
        }
    }

    /// @dev Seldom: afterwards there are claims only.
    function maybeEnd(uint256 seed) external {
        if (seed % 4 == 0 && registry.exitPhase() == ExitPhase.Closing) end();
    }

    function end() public {
        if (isOver()) return;
        if (registry.exitPhase() == ExitPhase.Running) enterExit();
        vm.warp(block.timestamp + 72 hours);
        registry.finalizeExit();
        proveTotals(address(token), _offsetTotal, _transitTotal);
    }

    // ---------------------------------------------------------------- the exit

    /// @dev Tokens vanish, or come as a gift.
    function lose(uint256 seed, uint16 amount) external {
        if (isOver() || registry.exitPhase() == ExitPhase.Running || seed % 4 != 0) return;
        uint256 lost = amount % (token.balanceOf(address(registry)) / 4 + 1);
        spend(lost);
        // The books do not know; withdrawals of others still find their tokens.
        if (token.balanceOf(address(registry)) < reservedHere()) token.mint(address(registry), lost);
    }

    function donate(uint256 seed, uint8 amount) external {
        if (seed % 4 == 0) token.mint(address(registry), amount);
    }

    function claimAny(uint256 which) public {
        if (!isOver()) return;
        bytes32 id = keys[which % keys.length];
        Key storage key = _keys[id];
        bool isCommitment = key.salt != 0;
        if (!key.hasLeaf && !isLate(id)) return;
        ExitClaim memory claim = bareClaimOf(owners[key.owner], address(token));
        if (key.hasLeaf) claim = claimOf(owners[key.owner], id, address(token), key.offset, key.transit);

        uint256 holdings = token.balanceOf(address(registry)) + paidInAll;
        (uint256 dueShare, uint256 dueTransit) = expected(key, holdings);
        if (dueShare + dueTransit <= key.paidShare + key.paidTransit) return;
        (uint256 share, uint256 transit) =
            isCommitment ? registry.claimCommitment(claim, 1, key.salt) : registry.claim(claim);
        key.paidShare += share;
        key.paidTransit += transit;
        paidInAll += share + transit;
        note(key, dueShare, dueTransit, holdings);
        count(isCommitment, key.hasLeaf, transit != 0);
    }

    // ---------------------------------------------------------------- what the invariants ask

    function isOver() public view returns (bool) {
        return registry.exitPhase() == ExitPhase.Final;
    }

    function keyCount() external view returns (uint256) {
        return keys.length;
    }

    /// @notice Everything that was on its way comes, and everybody claims, twice; answers what stays in the vault, and how
    /// much of that is nobody's.
    function settle() external returns (uint256 left, uint256 nobodys) {
        end();
        for (uint256 i = 0; i < _outgoing.length; i++) {
            close(i);
        }
        for (uint256 i = 0; i < _shuttles.length; i++) {
            land(i, true, false);
        }
        for (uint256 i = 0; i < 2 * keys.length; i++) {
            claimAny(i);
        }
        left = token.balanceOf(address(registry));
        uint256 holdings = left + paidInAll;
        uint256 owedToAll = owed() + _transitTotal;
        nobodys = holdings > owedToAll ? holdings - owedToAll : 0;
    }

    // ---------------------------------------------------------------- the keeper's arithmetic

    function free() private view returns (uint256) {
        return registry.accounted(address(token)) - reservedHere();
    }

    /// @dev Everything that may still leave here.
    function reservedHere() private view returns (uint256 reserved) {
        for (uint256 i = 0; i < _outgoing.length; i++) {
            if (_outgoing[i].stage == Stage.Reserved) reserved += _outgoing[i].amount;
        }
        for (uint256 i = 0; i < _shuttles.length; i++) {
            if (_shuttles[i].stage == Stage.Reserved && _shuttles[i].fromHere) reserved += _shuttles[i].amount;
        }
    }

    function freeElsewhere() private view returns (uint256 held) {
        held = _elsewhere;
        for (uint256 i = 0; i < _shuttles.length; i++) {
            if (_shuttles[i].stage == Stage.Reserved && !_shuttles[i].fromHere) held -= _shuttles[i].amount;
        }
    }

    function reservedToKeys() private {
        for (uint256 i = 0; i < _outgoing.length; i++) {
            Outgoing memory item = _outgoing[i];
            if (item.stage != Stage.Reserved) continue;
            bytes32 key = item.commitment == 0 ? keyOf(owners[item.owner]) : item.commitment;
            _keys[key].shouldNext += int256(item.amount);
        }
    }

    /// @dev Each balance lies here, elsewhere or in shuttles, in a random order of accounts. Answers what lies in shuttles.
    function allot(uint256 seed) private returns (uint256 flying) {
        (uint256 here, uint256 there) = (free(), freeElsewhere());
        for (uint256 i = 0; i < OWNERS; i++) {
            uint256 who = (seed % OWNERS + i) % OWNERS;
            Key storage key = _keys[keyOf(owners[who])];
            uint256 left = _balances[who];
            uint256 part = left < here ? left : here;
            (here, left) = (here - part, left - part);
            key.shouldNext += int256(part);
            part = left < there ? left : there;
            (there, left) = (there - part, left - part);
            // Every shuttle has one end here, so the weights of an account add up to what it has in shuttles.
            key.transitNext = left;
            flying += left;
        }
        assertEq(here + there, 0, "the keeper's books: something is nobody's");
        assertEq(flying, inFlight(), "the keeper's books: shuttles");
    }

    function inFlight() private view returns (uint256 weight) {
        for (uint256 i = 0; i < _shuttles.length; i++) {
            if (_shuttles[i].stage != Stage.Over) weight += _shuttles[i].arrives;
        }
    }

    /// @dev Answers what the key could take. Settlements that are over have no leaf, nor has who never had anything here.
    function plantLeaf(bytes32 id) private returns (int256) {
        Key storage key = _keys[id];
        (uint256 d, uint256 w, uint256 first) = registry.counters(id, address(token));
        key.offsetNext = key.shouldNext + int256(w) - int256(d);
        key.hasLeafNext = key.salt == 0
            ? first != 0 || key.shouldNext != 0 || key.transitNext != 0
            : key.shouldNext != 0 || (first != 0 && !isClosed(id));
        if (key.hasLeafNext) _leavesNext.push(accountLeaf(id, address(token), key.offsetNext, key.transitNext));
        return key.shouldNext;
    }

    function isClosed(bytes32 commitment) private view returns (bool) {
        for (uint256 i = 0; i < _outgoing.length; i++) {
            if (_outgoing[i].commitment == commitment) return _outgoing[i].stage == Stage.Over;
        }
        return true;
    }

    /// @dev What happens to a key after a cut counts for that cut and for the tree in force.
    function shift(bytes32 id, int256 amount) private {
        _keys[id].should += amount;
        _keys[id].shouldNext += amount;
    }

    function isLate(bytes32 id) private view returns (bool) {
        (,, uint256 first) = registry.counters(id, address(token));
        (, uint64 processedIndex) = registry.newestTree();
        return first > processedIndex;
    }

    // ---------------------------------------------------------------- the claims' arithmetic, by what happened

    function owed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < keys.length; i++) {
            int256 should = _keys[keys[i]].should;
            assertGe(should, 0, "an honest key is owed nothing or more");
            sum += uint256(should);
        }
    }

    function expected(Key storage key, uint256 holdings) private view returns (uint256 share, uint256 transit) {
        uint256 whole = owed();
        share = holdings >= whole ? uint256(key.should) : uint256(key.should) * holdings / whole;
        uint256 surplus = holdings > whole ? holdings - whole : 0;
        if (_transitTotal == 0) return (share, 0);
        transit = surplus >= _transitTotal ? key.transit : key.transit * surplus / _transitTotal;
    }

    function note(Key storage key, uint256 dueShare, uint256 dueTransit, uint256 holdings) private {
        if (key.paidShare != dueShare) wrongShares++;
        if (key.paidTransit != dueTransit) wrongTransits++;
        if (key.paidShare > uint256(key.should) || key.paidTransit > key.transit) aboveEntitlement++;
        if (paidInAll > holdings) aboveHoldings++;
        uint256 whole = owed();
        (uint256 part, uint256 whole_) = holdings < whole ? (holdings, whole) : (1, 1);
        if (part * _lastWhole < _lastPart * whole_) smallerRatios++;
        (_lastPart, _lastWhole) = (part, whole_);
        if (part != whole_) shortClaims++;
    }

    function count(bool isCommitment, bool hasLeaf, bool withTransit) private {
        claims++;
        if (isCommitment) commitmentClaims++;
        if (!hasLeaf) bareClaims++;
        if (withTransit) transitClaims++;
    }

    // ---------------------------------------------------------------- helpers

    function withdrawalOf(Outgoing memory item, uint256 nonce) private view returns (Withdrawal memory) {
        return Withdrawal({
            account: owners[item.owner],
            token: address(token),
            amount: item.amount,
            recipient: courier,
            nonce: nonce,
            checkpoint: item.checkpoint,
            deadline: item.deadline
        });
    }

    function spend(uint256 amount) private {
        vm.prank(address(registry));
        token.transfer(courier, amount);
    }
}
