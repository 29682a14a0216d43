// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ExitRoots, SettlementIntent, Shuttle} from "../../src/types/Messages.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {ExitTest} from "../support/ExitTest.sol";

/// @title An honest keeper, as it is specified, and the exit trees that it makes
/// @dev It knows what each account owns of two tokens, what is reserved, and what shuttles carry. Accounts own money in other
/// vaults, too, which is one number per token here. A tree may be posted long after it was cut.
///
/// What a key should be able to take is counted beside the vault: what the tree says, and what happened to the key since the
/// cut.
abstract contract ExitKeeper is ExitTest {
    enum Kind {
        Withdrawal,
        Forced,
        Settlement
    }

    /// @dev `Gone`: an open lane, or a shuttle on its way. `Landed`: here, but not in the books yet.
    enum Stage {
        Reserved,
        Gone,
        Landed,
        Over
    }

    /// @dev Leaves this vault, and may come back. `key` is the owner's, or that of the settlement's commitment; `id` is the
    /// withdrawal's nonce, the request's, or the index of the settlement's intent plus one, 0 before it is opened.
    struct Outgoing {
        Kind kind;
        Stage stage;
        uint256 owner;
        uint256 key;
        uint256 which;
        uint256 amount;
        uint256 id;
        uint64 checkpoint;
        uint64 deadline;
    }

    /// @dev A shuttle: `amount` leaves one side, `arrives` comes to the other.
    struct Flight {
        Stage stage;
        bool fromHere;
        bool refunded;
        uint256 which;
        uint256 amount;
        uint256 arrives;
        uint64 checkpoint;
    }

    /// @dev An account, or a commitment with its salt.
    struct Key {
        bytes32 id;
        uint256 owner;
        bytes32 salt;
    }

    /// @dev Of a key and a token: `should` is what it should be able to take of the holdings.
    struct Due {
        int256 should;
        int256 offset;
        uint256 transit;
        bool hasLeaf;
    }

    struct Total {
        int256 offset;
        uint256 transit;
    }

    uint256 internal constant OWNERS = 4;
    uint256 internal constant NEWCOMER = 2;
    uint256 internal constant FEE_OWNER = 3;
    uint256 internal constant TOKENS = 2;

    address[OWNERS] internal owners;
    address[TOKENS] internal tokens;
    Key[] internal keys;
    Outgoing[] internal outgoing;
    SettlementIntent[] internal intents;
    Flight[] internal flights;
    mapping(uint256 flight => Shuttle) internal orders;

    /// @dev What is not reserved, wherever it lies. Less than 0: owed, against something else.
    int256[TOKENS][OWNERS] internal balances;
    uint256[TOKENS] internal elsewhere;

    /// @dev By the tree in force, and by the one that was cut last.
    mapping(uint256 key => mapping(uint256 which => Due)) internal due;
    mapping(uint256 key => mapping(uint256 which => Due)) private _dueNext;
    Total[TOKENS] internal totals;
    Total[TOKENS] private _totalsNext;
    bytes32[] private _leavesNext;
    uint64 internal checkpoint;
    uint64 private _processedNext;
    uint64 private _issuedNext;
    bool internal isCut;
    bool internal isCloseOutNeeded;

    function isOver() public view returns (bool) {
        return registry.exitPhase() == ExitPhase.Final;
    }

    // ---------------------------------------------------------------- checkpoints

    /// @dev The tree is known, and posted when somebody gets to it.
    function cutTree(uint256 seed, uint256[TOKENS] memory prices) internal {
        (isCut, checkpoint) = (true, checkpoint + 1);
        (_processedNext, _issuedNext) = (registry.count(), uint64(block.timestamp));
        uint64 inForce = treeCheckpoint;
        treeCheckpoint = checkpoint;
        delete _leavesNext;
        uint256[TOKENS][OWNERS] memory shares = closedOut(prices);
        for (uint256 which = 0; which < TOKENS; which++) {
            for (uint256 key = 0; key < keys.length; key++) {
                delete _dueNext[key][which];
            }
            reservedToKeys(which);
            uint256 transit = allot(which, shares, seed);
            plantLeaves(which, transit);
        }
        treeCheckpoint = inForce;
    }

    /// @dev Anybody may, an hour later or more.
    function postCut() internal {
        isCut = false;
        (treeCheckpoint, leaves) = (checkpoint, _leavesNext);
        for (uint256 which = 0; which < TOKENS; which++) {
            totals[which] = _totalsNext[which];
            for (uint256 key = 0; key < keys.length; key++) {
                due[key][which] = _dueNext[key][which];
            }
        }
        ExitRoots memory roots = ExitRoots(EPOCH, checkpoint, _issuedNext, leafOf(treeRoot(), _processedNext));
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, treeRoot(), _processedNext, new bytes32[](0), pair.enclave, pair.leader);
    }

    /// @dev What happens to a key counts for the tree in force and for the one that was cut, which both do not know it.
    function shift(uint256 key, uint256 which, int256 amount) internal {
        due[key][which].should += amount;
        _dueNext[key][which].should += amount;
    }

    // ---------------------------------------------------------------- what there is

    /// @dev Here and not reserved.
    function free(uint256 which) internal view returns (uint256) {
        return registry.accounted(tokens[which]) - reservedHere(which);
    }

    /// @dev Everything that may still leave here.
    function reservedHere(uint256 which) internal view returns (uint256 reserved) {
        for (uint256 i = 0; i < outgoing.length; i++) {
            Outgoing memory item = outgoing[i];
            if (item.stage == Stage.Reserved && item.which == which) reserved += item.amount;
        }
        for (uint256 i = 0; i < flights.length; i++) {
            Flight memory flight = flights[i];
            bool mayLeave = flight.stage == Stage.Reserved && flight.which == which && flight.fromHere;
            if (mayLeave) reserved += flight.amount;
        }
    }

    function freeElsewhere(uint256 which) internal view returns (uint256 held) {
        held = elsewhere[which];
        for (uint256 i = 0; i < flights.length; i++) {
            Flight memory flight = flights[i];
            bool mayLeave = flight.stage == Stage.Reserved && flight.which == which && !flight.fromHere;
            if (mayLeave) held -= flight.amount;
        }
    }

    /// @dev While both tokens are worth the same, which is all that the keeper goes by.
    function spendable(uint256 who, uint256 which) internal view returns (uint256) {
        int256 equity = equityOf(who);
        int256 most = balances[who][which] < equity ? balances[who][which] : equity;
        return most > 0 ? uint256(most) : 0;
    }

    function equityOf(uint256 who) internal view returns (int256) {
        return balances[who][0] + balances[who][1];
    }

    function isClosedAndEmpty(Outgoing memory item) internal view returns (bool) {
        if (item.stage != Stage.Over || item.id == 0) return item.stage == Stage.Over;
        address lane = registry.laneOf(intents[item.id - 1].nonce);
        return IERC20(tokens[0]).balanceOf(lane) + IERC20(tokens[1]).balanceOf(lane) == 0;
    }

    // ---------------------------------------------------------------- who could take what

    /// @dev What everybody owns after the debts are paid: first everybody's share in kind of what there is, then who owes
    /// more than he misses pays that from his shares to those who miss more than they owe.
    function closedOut(uint256[TOKENS] memory prices) private returns (uint256[TOKENS][OWNERS] memory shares) {
        int256[OWNERS] memory values;
        for (uint256 which = 0; which < TOKENS; which++) {
            (uint256 owned, uint256 there) = (0, free(which) + freeElsewhere(which) + inFlight(which));
            for (uint256 who = 0; who < OWNERS; who++) {
                if (balances[who][which] > 0) owned += uint256(balances[who][which]);
            }
            if (owned != there) isCloseOutNeeded = true;
            for (uint256 who = 0; who < OWNERS; who++) {
                int256 balance = balances[who][which];
                if (balance > 0) shares[who][which] = uint256(balance) * there / owned;
                values[who] += (balance - int256(shares[who][which])) * int256(prices[which]);
            }
        }
        settleDebts(shares, values, prices);
        for (uint256 which = 0; which < TOKENS; which++) {
            // What rounding leaves.
            uint256 left = free(which) + freeElsewhere(which) + inFlight(which);
            for (uint256 who = 0; who < OWNERS; who++) {
                left -= shares[who][which];
            }
            shares[FEE_OWNER][which] += left;
        }
    }

    function settleDebts(
        uint256[TOKENS][OWNERS] memory shares,
        int256[OWNERS] memory values,
        uint256[TOKENS] memory prices
    ) private pure {
        uint256[TOKENS] memory pool;
        uint256 missed;
        for (uint256 who = 0; who < OWNERS; who++) {
            if (values[who] > 0) missed += uint256(values[who]);
            uint256 owned = shares[who][0] * prices[0] + shares[who][1] * prices[1];
            if (values[who] >= 0 || owned == 0) continue;
            uint256 owes = uint256(-values[who]) < owned ? uint256(-values[who]) : owned;
            for (uint256 which = 0; which < TOKENS; which++) {
                uint256 paid = (shares[who][which] * owes + owned - 1) / owned;
                shares[who][which] -= paid;
                pool[which] += paid;
            }
        }
        for (uint256 who = 0; who < OWNERS; who++) {
            if (values[who] <= 0) continue;
            for (uint256 which = 0; which < TOKENS; which++) {
                shares[who][which] += pool[which] * uint256(values[who]) / missed;
            }
        }
    }

    function reservedToKeys(uint256 which) private {
        for (uint256 i = 0; i < outgoing.length; i++) {
            Outgoing memory item = outgoing[i];
            if (item.stage != Stage.Reserved || item.which != which) continue;
            _dueNext[item.key][which].should += int256(item.amount);
        }
    }

    /// @dev Each share lies here, elsewhere or in shuttles, in a random order of accounts. Answers what lies in shuttles.
    function allot(uint256 which, uint256[TOKENS][OWNERS] memory shares, uint256 seed)
        private
        returns (uint256 flying)
    {
        (uint256 here, uint256 there) = (free(which), freeElsewhere(which));
        for (uint256 i = 0; i < OWNERS; i++) {
            uint256 who = (seed % OWNERS + i) % OWNERS;
            uint256 left = shares[who][which];
            uint256 part = left < here ? left : here;
            (here, left) = (here - part, left - part);
            _dueNext[who][which].should += int256(part);
            part = left < there ? left : there;
            (there, left) = (there - part, left - part);
            // Every shuttle has one end here, so the weights of an account add up to what it has in shuttles.
            _dueNext[who][which].transit = left;
            flying += left;
        }
        assertEq(here + there, 0, "the keeper's books: something is nobody's");
        assertEq(flying, inFlight(which), "the keeper's books: shuttles");
    }

    function inFlight(uint256 which) private view returns (uint256 weight) {
        for (uint256 i = 0; i < flights.length; i++) {
            Flight memory flight = flights[i];
            if (flight.which == which && flight.stage != Stage.Over) weight += flight.arrives;
        }
    }

    /// @dev Settlements that are over have no leaf, nor has who never had anything here.
    function plantLeaves(uint256 which, uint256 transit) private {
        int256 exits = 0;
        for (uint256 key = 0; key < keys.length; key++) {
            Due storage next = _dueNext[key][which];
            (uint256 d, uint256 w, uint256 first) = registry.counters(keys[key].id, tokens[which]);
            exits += next.should;
            next.offset = next.should + int256(w) - int256(d);
            next.hasLeaf = key < OWNERS
                ? first != 0 || next.should != 0 || next.transit != 0
                : next.should != 0 || (first != 0 && !isSettled(key));
            if (!next.hasLeaf) continue;
            _leavesNext.push(accountLeaf(keys[key].id, tokens[which], next.offset, next.transit));
        }
        int256 net = int256(registry.accounted(tokens[which])) - registry.inventory(tokens[which]);
        _totalsNext[which] = Total(exits - net, transit);
        _leavesNext.push(tokenLeaf(tokens[which], exits - net, transit));
    }

    function isSettled(uint256 key) private view returns (bool) {
        for (uint256 i = 0; i < outgoing.length; i++) {
            if (outgoing[i].key == key) return isClosedAndEmpty(outgoing[i]);
        }
        return true;
    }
}
