// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IGPv2Settlement} from "../../src/external/IGPv2Settlement.sol";
import {ExitClaim} from "../../src/types/Exit.sol";
import {ShuttleRoute} from "../../src/types/Listings.sol";
import {Absorb, ForcedAnswer, SettlementIntent, Shuttle, Withdrawal} from "../../src/types/Messages.sol";
import {CowContracts} from "../../src/types/Settlement.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {HostilePool} from "../support/HostilePool.sol";
import {BlocklistToken} from "../support/OddTokens.sol";
import {ExitKeeper} from "./ExitKeeper.sol";

/// @dev What the vault asks CoW Protocol's contract. Its relayer is whoever fills orders here.
contract CowStandIn is IGPv2Settlement {
    bytes32 public constant domainSeparator = "CoW";
    address public constant vaultRelayer = address(0xc0);
}

/// @title Random histories of one vault with a keeper beside it, an exit, and claims in any order
/// @dev Lanes and shuttles are the vault's own. Fills of lanes, and what happens to a shuttle after it has left, are made up:
/// the pool takes what it is given, and says of everything that it is filled, but only what has landed is confirmed.
contract ExitHandler is ExitKeeper {
    enum Reached {
        Posted,
        Withdrawn,
        GivenBack,
        Answered,
        Refused,
        Unanswered,
        Opened,
        Closed,
        SweptLate,
        Sent,
        Arrived,
        CloseOut,
        TransitClaim,
        ShortClaim,
        BareClaim,
        CommitmentClaim,
        BlockedClaim
    }

    uint256 private constant MOST = 14;
    uint64 private constant LIFE = 1 days;
    uint256 private constant FAR = 10;
    address private constant FAR_TOKEN = address(0xfa);

    CowStandIn private _cow = new CowStandIn();
    BlocklistToken private _blocking;

    uint256[TOKENS] private _paid;
    /// @dev The last claim's payment of the holdings, and of how much.
    uint256[TOKENS] private _lastPaid;
    uint256[TOKENS] private _lastShould;
    mapping(uint256 key => mapping(uint256 which => uint256)) private _paidShare;
    mapping(uint256 key => mapping(uint256 which => uint256)) private _paidTransit;

    // What the invariants ask. All must stay 0.
    uint256 public wrongShares;
    uint256 public wrongTransits;
    uint256 public smallerRatios;
    uint256 public aboveEntitlement;
    uint256 public aboveHoldings;
    uint256 public wrongProofs;
    uint256 public paidWhereBlocked;

    mapping(Reached => uint256) public reached;

    function setUp() public override {
        spokePool = address(new HostilePool(1_000_000, address(0)));
        super.setUp();
        _blocking = new BlocklistToken();
        list(address(_blocking));
        tokens = [address(token), address(_blocking)];
        owners = [alice, bob, makeAddr("newcomer"), makeAddr("fees")];
        for (uint256 who = 0; who < OWNERS; who++) {
            keys.push(Key(keyOf(owners[who]), who, 0));
        }
        vm.startPrank(slowGovernor);
        for (uint256 which = 0; which < TOKENS; which++) {
            registry.changeSettleable(tokens[which], true);
            registry.changeRoute(tokens[which], FAR, ShuttleRoute(FAR_TOKEN, 18, 18, 100_000));
        }
        vm.stopPrank();
        for (uint256 which = 0; which < TOKENS; which++) {
            elsewhere[which] = 10_000;
            balances[FEE_OWNER][which] = 10_000;
            depositAny(FEE_OWNER, which, 5_000);
            depositAny(0, which, 700);
        }
        cut(0);
        post();
    }

    function cowContracts() internal view override returns (CowContracts memory) {
        return CowContracts(address(_cow), address(0));
    }

    // ---------------------------------------------------------------- before the exit

    function depositAny(uint256 who, uint256 which, uint16 amount) public {
        if (isOver()) return;
        (who, which) = (who % OWNERS, which % TOKENS);
        // The newcomer comes late.
        if (who == NEWCOMER && registry.exitPhase() == ExitPhase.Running) who = 1;
        if (isBlocked(owners[who], which)) return;
        uint256 deposited = uint256(amount) + 1;
        fund(tokens[which], owners[who], deposited);
        vm.prank(owners[who]);
        registry.deposit(tokens[which], deposited, owners[who], 0);
        balances[who][which] += int256(deposited);
        shift(who, which, int256(deposited));
    }

    /// @dev Who gives may owe afterwards, as far as his other balance reaches.
    function trade(uint256 from, uint256 to, uint256 which, uint16 amount) external {
        (from, to, which) = (from % OWNERS, to % OWNERS, which % TOKENS);
        int256 equity = equityOf(from);
        if (equity <= 0 || from == FEE_OWNER) return;
        int256 moved = int256(uint256(amount)) % (equity + 1);
        balances[from][which] -= moved;
        balances[to][which] += moved;
    }

    function reserveWithdrawal(uint256 who, uint256 which, uint16 amount) external {
        (who, which) = (who % OWNERS, which % TOKENS);
        uint256 most = mostOf(who, which);
        if (most != 0) reserve(Kind.Withdrawal, who, which, uint256(amount) % most + 1);
    }

    /// @dev What cannot be paid is refused.
    function force(uint256 who, uint256 which, uint16 amount) external {
        (who, which) = (who % OWNERS, which % TOKENS);
        if (isOver() || outgoing.length >= MOST) return;
        uint256 most = mostOf(who, which);
        uint256 granted = most == 0 ? 0 : uint256(amount) % most + 1;
        reserve(Kind.Forced, who, which, granted);
        uint256 asked = granted == 0 ? uint256(amount) + 1 : granted;
        outgoing[outgoing.length - 1].id = ask(owners[who], tokens[which], asked, courier);
    }

    function reserveSettlement(uint256 who, uint256 which, uint16 amount) external {
        (who, which) = (who % OWNERS, which % TOKENS);
        uint256 most = mostOf(who, which);
        if (most != 0) reserve(Kind.Settlement, who, which, uint256(amount) % most + 1);
    }

    /// @dev Anybody submits what the keeper approved: the first that is due, from any one on.
    function execute(uint256 from) external {
        if (isOver()) return;
        for (uint256 i = 0; i < outgoing.length; i++) {
            Outgoing storage item = outgoing[(from % outgoing.length + i) % outgoing.length];
            if (!isDue(item)) continue;
            execute(item);
            return;
        }
    }

    function execute(Outgoing storage item) private {
        item.stage = item.kind == Kind.Settlement ? Stage.Gone : Stage.Over;
        if (item.kind == Kind.Withdrawal) {
            withdraw(withdrawalOf(item));
            reached[Reached.Withdrawn]++;
        } else if (item.kind == Kind.Forced) {
            answer(ForcedAnswer(item.id, item.amount, item.amount == 0 ? NO_BALANCE : PAID, item.checkpoint));
            reached[item.amount == 0 ? Reached.Refused : Reached.Answered]++;
        } else {
            openLane(item);
            reached[Reached.Opened]++;
        }
        shift(item.key, item.which, -int256(item.amount));
    }

    /// @dev The account cancels, or the deadline passes; the keeper gives back. Requests have no deadline.
    function giveBack(uint256 item_) external {
        if (outgoing.length == 0 || isOver()) return;
        Outgoing storage item = outgoing[item_ % outgoing.length];
        if (item.stage != Stage.Reserved || item.kind == Kind.Forced) return;
        if (block.timestamp <= item.deadline) {
            if (item.kind == Kind.Settlement) return;
            vm.prank(owners[item.owner]);
            registry.cancelWithdrawal(item.id);
        }
        item.stage = Stage.Over;
        balances[item.owner][item.which] += int256(item.amount);
        reached[Reached.GivenBack]++;
    }

    /// @dev A solver sells a part of what is in the lane.
    function fill(uint256 item_, uint16 amount) external {
        if (outgoing.length == 0) return;
        Outgoing storage item = outgoing[item_ % outgoing.length];
        if (item.stage != Stage.Gone) return;
        SettlementIntent memory intent = intents[item.id - 1];
        address lane = registry.laneOf(intent.nonce);
        if (_blocking.blocked(lane) || block.timestamp > intent.validTo) return;
        uint256 sold = uint256(amount) % (IERC20(intent.sellToken).balanceOf(lane) + 1);
        if (sold == 0) return;
        vm.prank(_cow.vaultRelayer());
        DevnetToken(intent.sellToken).transferFrom(lane, courier, sold);
        DevnetToken(intent.buyToken).mint(lane, 2 * sold + 1);
    }

    /// @dev Also in the final exit, and again for what a blocked token held back: the first lane that can be, from any one on.
    function close(uint256 from) public {
        for (uint256 i = 0; i < outgoing.length; i++) {
            Outgoing storage item = outgoing[(from % outgoing.length + i) % outgoing.length];
            if (!isClosable(item)) continue;
            close(item);
            return;
        }
    }

    function close(Outgoing storage item) private {
        SettlementIntent memory intent = intents[item.id - 1];
        address lane = registry.laneOf(intent.nonce);
        bool isFirst = item.stage == Stage.Gone;
        uint256[TOKENS] memory came;
        for (uint256 which = 0; which < TOKENS; which++) {
            came[which] = IERC20(tokens[which]).balanceOf(lane);
        }
        registry.closeSettlement(intent);
        item.stage = Stage.Over;
        for (uint256 which = 0; which < TOKENS; which++) {
            came[which] -= IERC20(tokens[which]).balanceOf(lane);
            if (!isOver()) balances[item.owner][which] += int256(came[which]);
            shift(item.key, which, int256(came[which]));
        }
        reached[isFirst ? Reached.Closed : Reached.SweptLate]++;
    }

    // ---------------------------------------------------------------- shuttles

    /// @dev The fee is the fee account's expense at once.
    function reserveShuttle(uint256 which, uint16 amount, bool fromHere) external {
        which = which % TOKENS;
        uint256 most = fromHere ? free(which) : freeElsewhere(which);
        if (flights.length >= MOST || most == 0 || isOver()) return;
        uint256 reserved = uint256(amount) % most + 1;
        uint256 shuttleFee = reserved / 50;
        if (spendable(FEE_OWNER, which) < shuttleFee) return;
        balances[FEE_OWNER][which] -= int256(shuttleFee);
        uint256 arrives = reserved - shuttleFee;
        flights.push(Flight(Stage.Reserved, fromHere, false, which, reserved, arrives, checkpoint + 1));
    }

    function send(uint256 flight_) external {
        if (flights.length == 0 || isOver()) return;
        flight_ = flight_ % flights.length;
        Flight storage flight = flights[flight_];
        (, uint64 newest,,) = registry.newestRoot();
        if (flight.stage != Stage.Reserved || flight.checkpoint > newest) return;
        flight.stage = Stage.Gone;
        Shuttle memory order = orderOf(flight, flight_);
        orders[flight_] = order;
        reached[Reached.Sent]++;
        if (!flight.fromHere) {
            elsewhere[flight.which] -= flight.amount;
            return;
        }
        Pair memory pair = signBoth(digestOf(registryDomain(), order));
        registry.shuttle(order, pair.enclave, pair.leader);
    }

    /// @dev On the other side, or back.
    function land(uint256 flight_, bool refunded) public {
        if (flights.length == 0) return;
        Flight storage flight = flights[flight_ % flights.length];
        if (flight.stage != Stage.Gone) return;
        uint256 came = refunded ? flight.amount : flight.arrives;
        flight.refunded = refunded;
        if (flight.fromHere == refunded) {
            flight.stage = Stage.Landed;
            DevnetToken(tokens[flight.which]).mint(address(registry), came);
        } else {
            elsewhere[flight.which] += came;
            arrive(flight);
        }
    }

    /// @dev An arrival anybody confirms, at any time, while there is something beyond the books. A refund takes the keeper.
    function book(uint256 flight_) public {
        if (flights.length == 0) return;
        flight_ = flight_ % flights.length;
        Flight storage flight = flights[flight_];
        if (flight.stage != Stage.Landed || (flight.refunded && isOver())) return;
        uint256 came = flight.refunded ? flight.amount : flight.arrives;
        address landed = tokens[flight.which];
        if (came == 0 || DevnetToken(landed).balanceOf(address(registry)) < registry.accounted(landed) + came) return;
        if (flight.refunded) {
            Absorb memory absorption = Absorb(orders[flight_].nonce, landed, came, 1, flight.checkpoint);
            Pair memory pair = signBoth(digestOf(registryDomain(), absorption));
            registry.absorb(absorption, pair.enclave, pair.leader);
        } else {
            registry.confirmArrival(orders[flight_]);
        }
        arrive(flight);
    }

    // ---------------------------------------------------------------- checkpoints and the way to the exit

    /// @dev At prices of one to three, so that some who owe are bankrupt.
    function cut(uint256 seed) public {
        if (isOver()) return;
        cutTree(seed, [seed / 4 % 3 + 1, seed / 16 % 3 + 1]);
        if (isCloseOutNeeded) reached[Reached.CloseOut]++;
        isCloseOutNeeded = false;
    }

    /// @dev Anybody may, hours later; in the 48 h, too. One that is issued after the entry may cure what was entered for.
    function post() public {
        if (!isCut || isOver()) return;
        (uint64 enteredAt,,) = registry.exitEntry();
        bool isClosing = registry.exitPhase() == ExitPhase.Closing;
        if (isClosing && block.timestamp + 1 hours >= enteredAt + 48 hours) return;
        vm.warp(block.timestamp + 1 hours);
        postCut();
        reached[Reached.Posted]++;
    }

    /// @dev The keeper falls silent, or not yet; or the governor ends it all; or somebody was not answered.
    function letTimePass(uint256 seed) external {
        if (registry.exitPhase() != ExitPhase.Running || seed % 16 > 3) {
            vm.warp(block.timestamp + seed % 5 hours);
        } else if (seed % 16 == 0) {
            enterExit();
        } else if (seed % 16 == 1) {
            vm.prank(governor);
            registry.enterExitModeByGovernor();
        } else {
            enterForARequest();
        }
    }

    /// @dev Seldom: afterwards there are claims only. Of half of the vaults up to a quarter of a token is lost.
    function maybeEnd(uint256 seed, uint256 which, uint16 amount) external {
        if (seed % 4 != 0 || registry.exitPhase() != ExitPhase.Closing) return;
        end();
        if (seed % 8 == 0) lose(which % TOKENS, amount);
    }

    function end() public {
        if (isOver()) return;
        if (registry.exitPhase() == ExitPhase.Running) enterExit();
        vm.warp(block.timestamp + 72 hours);
        registry.finalizeExit();
        for (uint256 which = 0; which < TOKENS; which++) {
            proveTotals(tokens[which], totals[which].offset, totals[which].transit);
        }
    }

    // ---------------------------------------------------------------- mishaps

    function donate(uint256 which, uint8 amount) external {
        DevnetToken(tokens[which % TOKENS]).mint(address(registry), amount);
    }

    function blockOwner(uint256 who, bool isBlocked_) external {
        _blocking.setBlocked(owners[who % OWNERS], isBlocked_);
    }

    /// @dev All that were opened so far.
    function blockLanes(bool isBlocked_) public {
        for (uint256 i = 0; i < intents.length; i++) {
            _blocking.setBlocked(registry.laneOf(intents[i].nonce), isBlocked_);
        }
    }

    // ---------------------------------------------------------------- the exit

    function claimAny(uint256 key, uint256 which) public {
        if (!isOver()) return;
        (key, which) = (key % keys.length, which % TOKENS);
        bool isLate_ = isLate(key, which);
        address account = owners[keys[key].owner];
        ExitClaim memory claim = bareClaimOf(account, tokens[which]);
        // Of no leaf, and so of no weight.
        (claim.offset, claim.transit) = (1_000, 1_000);
        if (!isLate_) expectRefusal(key, claim);
        Due memory mine = due[key][which];
        if (mine.hasLeaf) claim = claimOf(account, keys[key].id, tokens[which], mine.offset, mine.transit);
        if (!mine.hasLeaf && !isLate_) return;

        uint256 holdings = IERC20(tokens[which]).balanceOf(address(registry)) + _paid[which];
        (uint256 dueShare, uint256 dueTransit) = expected(mine, which, holdings);
        if (dueShare + dueTransit <= _paidShare[key][which] + _paidTransit[key][which]) return;
        if (isBlocked(account, which)) {
            if (tryClaim(key, claim)) paidWhereBlocked++;
            claim.recipient = courier;
            reached[Reached.BlockedClaim]++;
        }
        vm.prank(account);
        (uint256 share, uint256 transit) =
            key < OWNERS ? registry.claim(claim) : registry.claimCommitment(claim, 1, keys[key].salt);
        _paidShare[key][which] += share;
        _paidTransit[key][which] += transit;
        _paid[which] += share + transit;
        compare(key, which, dueShare, dueTransit);
        if (_paid[which] > holdings) aboveHoldings++;
        if (dueShare < uint256(mine.should)) reached[Reached.ShortClaim]++;
        if (transit != 0) reached[Reached.TransitClaim]++;
        if (!mine.hasLeaf) reached[Reached.BareClaim]++;
        if (key >= OWNERS) reached[Reached.CommitmentClaim]++;
    }

    /// @notice Everything that was on its way comes, and everybody claims, twice. Answers by how much more of a token stays
    /// in the vault than is nobody's.
    function settle() external returns (uint256[TOKENS] memory left) {
        end();
        for (uint256 i = 0; i < outgoing.length; i++) {
            close(i);
        }
        blockLanes(false);
        for (uint256 i = 0; i < outgoing.length; i++) {
            close(i);
            if (registry.forcedRequest(outgoing[i].id).open != 0) registry.returnForcedFee(outgoing[i].id);
        }
        assertEq(address(registry).balance, 0, "fees");
        for (uint256 i = 0; i < flights.length; i++) {
            land(i, flights[i].fromHere);
            book(i);
        }
        for (uint256 i = 0; i < 4 * keys.length; i++) {
            claimAny(i / 2, i);
        }
        for (uint256 which = 0; which < TOKENS; which++) {
            left[which] = IERC20(tokens[which]).balanceOf(address(registry));
            uint256 holdings = left[which] + _paid[which];
            uint256 owedToAll = owed(which) + totals[which].transit;
            if (holdings > owedToAll) left[which] -= holdings - owedToAll;
        }
    }

    function keyCount() external view returns (uint256) {
        return keys.length;
    }

    // ---------------------------------------------------------------- the claims' arithmetic, by what happened

    function owed(uint256 which) private view returns (uint256 sum) {
        for (uint256 key = 0; key < keys.length; key++) {
            int256 should = due[key][which].should;
            assertGe(should, 0, "after an honest keeper nobody is owed less than nothing");
            sum += uint256(should);
        }
    }

    function expected(Due memory mine, uint256 which, uint256 holdings)
        private
        view
        returns (uint256 share, uint256 transit)
    {
        (uint256 whole, uint256 flying) = (owed(which), totals[which].transit);
        share = holdings >= whole ? uint256(mine.should) : uint256(mine.should) * holdings / whole;
        uint256 surplus = holdings > whole ? holdings - whole : 0;
        if (flying != 0) transit = surplus >= flying ? mine.transit : mine.transit * surplus / flying;
    }

    /// @dev An atom more makes up for what was rounded down.
    function compare(uint256 key, uint256 which, uint256 dueShare, uint256 dueTransit) private {
        (uint256 share, uint256 should) = (_paidShare[key][which], uint256(due[key][which].should));
        if (share != dueShare) wrongShares++;
        if (_paidTransit[key][which] != dueTransit) wrongTransits++;
        if (share > should || _paidTransit[key][which] > due[key][which].transit) aboveEntitlement++;
        if (should == 0) return;
        bool isSmaller = (share + 1) * _lastShould[which] <= _lastPaid[which] * should;
        if (isSmaller && _lastShould[which] != 0) smallerRatios++;
        (_lastPaid[which], _lastShould[which]) = (share, should);
    }

    /// @dev Whoever is in the tree, or should be, cannot do without his leaf.
    function expectRefusal(uint256 key, ExitClaim memory claim) private {
        if (tryClaim(key, claim)) wrongProofs++;
    }

    function tryClaim(uint256 key, ExitClaim memory claim) private returns (bool paid) {
        bytes memory call = key < OWNERS
            ? abi.encodeCall(registry.claim, (claim))
            : abi.encodeCall(registry.claimCommitment, (claim, 1, keys[key].salt));
        (paid,) = address(registry).call(call);
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Its answer may still come within the 48 h, and calls it off.
    function enterForARequest() private {
        for (uint256 i = 0; i < outgoing.length; i++) {
            if (outgoing[i].kind != Kind.Forced || outgoing[i].stage != Stage.Reserved) continue;
            vm.warp(block.timestamp + 7 days);
            registry.enterExitModeFor(outgoing[i].id);
            reached[Reached.Unanswered]++;
            return;
        }
    }

    function lose(uint256 which, uint256 amount) private {
        uint256 lost = amount % (DevnetToken(tokens[which]).balanceOf(address(registry)) / 4 + 1);
        vm.prank(address(registry));
        DevnetToken(tokens[which]).transfer(courier, lost);
    }

    function isDue(Outgoing memory item) private view returns (bool) {
        (, uint64 newest,,) = registry.newestRoot();
        return item.stage == Stage.Reserved && item.checkpoint <= newest && block.timestamp <= item.deadline;
    }

    /// @dev Sold out or expired; or closed before, with something left in a lane that is no longer blocked.
    function isClosable(Outgoing memory item) private view returns (bool) {
        if (item.kind != Kind.Settlement || item.id == 0 || isClosedAndEmpty(item)) return false;
        SettlementIntent memory intent = intents[item.id - 1];
        address lane = registry.laneOf(intent.nonce);
        if (item.stage == Stage.Over) return !_blocking.blocked(lane);
        return block.timestamp > intent.validTo || DevnetToken(intent.sellToken).balanceOf(lane) == 0;
    }

    function mostOf(uint256 who, uint256 which) private view returns (uint256) {
        if (isOver() || outgoing.length >= MOST) return 0;
        (uint256 own, uint256 here) = (spendable(who, which), free(which));
        return own < here ? own : here;
    }

    function reserve(Kind kind, uint256 who, uint256 which, uint256 amount) private {
        balances[who][which] -= int256(amount);
        Outgoing memory item;
        (item.kind, item.owner, item.key, item.which, item.amount) = (kind, who, who, which, amount);
        (item.checkpoint, item.deadline) = (checkpoint + 1, uint64(block.timestamp) + LIFE);
        if (kind == Kind.Withdrawal) item.id = outgoing.length;
        if (kind == Kind.Forced) item.deadline = type(uint64).max;
        if (kind == Kind.Settlement) {
            bytes32 salt = keccak256(abi.encode("commitment", outgoing.length));
            item.key = keys.length;
            keys.push(Key(keccak256(abi.encode(owners[who], uint32(1), salt)), who, salt));
        }
        outgoing.push(item);
    }

    function withdrawalOf(Outgoing memory item) private view returns (Withdrawal memory) {
        return Withdrawal({
            account: owners[item.owner],
            token: tokens[item.which],
            amount: item.amount,
            recipient: courier,
            nonce: item.id,
            checkpoint: item.checkpoint,
            deadline: item.deadline
        });
    }

    function openLane(Outgoing storage item) private {
        SettlementIntent memory intent = SettlementIntent({
            nonce: keccak256(abi.encode("settlement", intents.length)),
            sellToken: tokens[item.which],
            buyToken: tokens[1 - item.which],
            sellAmount: item.amount,
            buyAmount: 1,
            buyExact: false,
            partiallyFillable: true,
            validTo: uint32(block.timestamp + 30 minutes),
            owner: keys[item.key].id,
            checkpoint: item.checkpoint
        });
        intents.push(intent);
        item.id = intents.length;
        Pair memory pair = signBoth(digestOf(registryDomain(), intent));
        registry.openSettlement(intent, pair.enclave, pair.leader);
    }

    function orderOf(Flight memory flight, uint256 flight_) private view returns (Shuttle memory) {
        address here = tokens[flight.which];
        return Shuttle({
            nonce: keccak256(abi.encode("shuttle", flight_)),
            originChainId: flight.fromHere ? block.chainid : FAR,
            destinationChainId: flight.fromHere ? FAR : block.chainid,
            inputToken: flight.fromHere ? here : FAR_TOKEN,
            outputToken: flight.fromHere ? FAR_TOKEN : here,
            inputAmount: flight.amount,
            outputAmount: flight.arrives,
            fillDeadline: uint32(block.timestamp + 1 hours),
            validUntil: uint64(block.timestamp),
            checkpoint: flight.checkpoint
        });
    }

    /// @dev With a refund its fee comes back.
    function arrive(Flight storage flight) private {
        flight.stage = Stage.Over;
        if (flight.refunded && !isOver()) {
            balances[FEE_OWNER][flight.which] += int256(flight.amount - flight.arrives);
        }
        reached[Reached.Arrived]++;
    }

    /// @dev A key without a leaf that came after the tree.
    function isLate(uint256 key, uint256 which) private view returns (bool) {
        (,, uint256 first) = registry.counters(keys[key].id, tokens[which]);
        (, uint64 processedIndex) = registry.newestTree();
        return first > processedIndex;
    }

    function isBlocked(address account, uint256 which) private view returns (bool) {
        return which == 1 && _blocking.blocked(account);
    }
}
