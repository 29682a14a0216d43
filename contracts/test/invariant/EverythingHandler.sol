// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {V3RelayData} from "../../src/external/ISpokePool.sol";
import {ShuttleRoute} from "../../src/types/Listings.sol";
import {Absorb, Shuttle, Withdrawal} from "../../src/types/Messages.sol";
import {Limit, OutflowKind} from "../../src/types/VaultState.sol";
import {Across, IAcrossPool} from "../support/Across.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {DevnetWeth} from "../support/DevnetWeth.sol";
import {LanesHandler} from "./LanesHandler.sol";

/// @title Deposits, withdrawals, lanes and shuttles of one vault, in any order
/// @dev Lanes are `LanesHandler`'s. Of shuttles only this chain's end happens: what is sent is refunded, and what arrives
/// was sent by a vault that nobody looks at. What happened is counted beside the vault.
contract EverythingHandler is LanesHandler, Across {
    /// @notice Of one token, in atoms.
    struct Flows {
        uint256 deposited;
        uint256 withdrawn;
        uint256 sent;
        uint256 arrived;
        uint256 absorbed;
    }

    uint256 private constant ELSEWHERE = 8453;
    uint32 private constant MAX_FEE_PPM = 1_000;

    IAcrossPool public pool;
    address[2] public traders;
    mapping(address token => Flows) private _flows;
    Shuttle[] private _sent;
    Shuttle[] private _inbound;
    mapping(bytes32 digest => bool) private _isConfirmed;
    mapping(bytes32 nonce => bool) private _isRefunded;
    mapping(uint256 nonce => bool) private _isPaid;
    uint64 private _checkpoint = 1;
    uint256 private _nonces;

    /// @notice Paid, sent, absorbed or confirmed although a signature, a root or the tokens were missing, or twice, or while
    /// paused. Must stay 0.
    uint256 public wrong;
    uint256 public limitedSince;

    function setUp() public override {
        pool = deployPool(address(new DevnetWeth()));
        spokePool = address(pool);
        super.setUp();
        traders = [alice, bob];
        openRoute(weth);
        openRoute(usdc);
        limitOutflows(weth, 40e18);
        limitOutflows(usdc, 120_000e6);
        limitedSince = block.timestamp;
        (_flows[address(weth)].deposited, _flows[address(usdc)].deposited) = (INITIAL, INITIAL);
    }

    // ---------------------------------------------------------------- traders

    function depositAny(uint256 seed, uint64 amount) external {
        (DevnetToken token_, address account) = pick(seed);
        fund(address(token_), account, amount);
        vm.prank(account);
        try registry.deposit(address(token_), amount, account, 0) {
            _flows[address(token_)].deposited += amount;
        } catch {}
    }

    /// @dev One in eight each is signed by one key only, of a checkpoint that is not posted, and with an old nonce.
    function withdrawAny(uint256 seed, uint64 amount) external {
        (DevnetToken token_, address account) = pick(seed);
        (bool isForged, bool isEarly, bool isOld) = (seed % 8 == 0, seed % 8 == 1, seed % 8 == 2);
        uint256 nonce = isOld && _nonces != 0 ? (seed >> 16) % _nonces : _nonces++;
        Withdrawal memory withdrawal = withdrawalOf(account, amount, nonce * 2 + ((seed >> 8) & 1));
        (withdrawal.token, withdrawal.checkpoint) = (address(token_), isEarly ? _checkpoint + 1 : _checkpoint);
        Pair memory pair = signBoth(withdrawal);
        if (isForged) pair.leader = pair.enclave;
        bool isPaused = authority.paused();
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            _flows[address(token_)].withdrawn += amount;
            if (isForged || isEarly || isPaused || _isPaid[withdrawal.nonce]) wrong++;
            _isPaid[withdrawal.nonce] = true;
        } catch {}
    }

    // ---------------------------------------------------------------- the keeper

    function postNextRoot() external {
        vm.warp(block.timestamp + 1);
        postRoot(++_checkpoint);
    }

    /// @dev As `withdrawAny`.
    function sendAny(uint256 seed, uint64 amount) external {
        (bool isForged, bool isEarly, bool isOld) = (seed % 8 == 0, seed % 8 == 1, seed % 8 == 2);
        Shuttle memory order = orderOf(seed, uint256(amount) + 1);
        if (isEarly) order.checkpoint = _checkpoint + 1;
        if (isOld && _sent.length != 0) order.nonce = _sent[(seed >> 16) % _sent.length].nonce;
        Pair memory pair = signBoth(digestOf(registryDomain(), order));
        if (isForged) pair.leader = pair.enclave;
        bool wasUsed = registry.isShuttleNonceUsed(order.nonce);
        bool isPaused = authority.paused();
        try registry.shuttle(order, pair.enclave, pair.leader) {
            _flows[order.inputToken].sent += order.inputAmount;
            if (isForged || isEarly || isPaused || wasUsed) wrong++;
            _sent.push(order);
        } catch {}
    }

    function absorbSome(uint256 seed, uint256 amount) external {
        (DevnetToken token_,) = pick(seed);
        uint256 beside = token_.balanceOf(address(registry)) - registry.accounted(address(token_));
        bool isForged = seed % 8 == 0;
        Absorb memory absorption =
            Absorb(bytes32(_nonces++), address(token_), bound(amount, 1, beside + 1), 1, _checkpoint);
        Pair memory pair = signBoth(digestOf(registryDomain(), absorption));
        if (isForged) pair.leader = pair.enclave;
        try registry.absorb(absorption, pair.enclave, pair.leader) {
            _flows[address(token_)].absorbed += absorption.amount;
            if (isForged || absorption.amount > beside) wrong++;
        } catch {}
    }

    // ---------------------------------------------------------------- Across, and anybody

    function fillAny(uint256 seed, uint64 amount) external {
        Shuttle memory order = inbound(orderOf(seed, uint256(amount) + 1));
        DevnetToken(order.outputToken).mint(address(this), order.outputAmount);
        IERC20(order.outputToken).approve(address(pool), order.outputAmount);
        pool.fillRelay(relayOf(order), ELSEWHERE, toBytes32(address(this)));
        _inbound.push(order);
    }

    /// @dev Half of them are not filled.
    function confirmAny(uint256 seed, bool isUnfilled) external {
        if (_inbound.length == 0) return;
        Shuttle memory order = _inbound[seed % _inbound.length];
        if (isUnfilled) order.nonce = keccak256(abi.encode(order.nonce));
        bytes32 digest = digestOf(domainElsewhere(), order);
        try registry.confirmArrival(order) {
            _flows[order.outputToken].arrived += order.outputAmount;
            if (isUnfilled || _isConfirmed[digest]) wrong++;
            _isConfirmed[digest] = true;
        } catch {}
    }

    /// @dev What expired of one token, all at once. Nothing that was sent is filled.
    function refundExpired(uint256 seed) external {
        (DevnetToken token_,) = pick(seed);
        uint256 sum = 0;
        for (uint256 i = 0; i < _sent.length; i++) {
            Shuttle memory order = _sent[i];
            if (order.inputToken != address(token_) || block.timestamp <= order.fillDeadline) continue;
            if (_isRefunded[order.nonce]) continue;
            _isRefunded[order.nonce] = true;
            sum += order.inputAmount;
        }
        if (sum != 0) refund(pool, address(token_), address(registry), sum);
    }

    function donate(uint256 seed, uint32 amount) external {
        (DevnetToken token_,) = pick(seed);
        token_.mint(address(registry), amount);
    }

    // ---------------------------------------------------------------- what the invariants ask

    /// @notice What was deposited of each token before the limits.
    function initial() external pure returns (uint256) {
        return INITIAL;
    }

    function flowsOf(address token_) external view returns (Flows memory) {
        return _flows[token_];
    }

    // ---------------------------------------------------------------- helpers

    function pick(uint256 seed) private view returns (DevnetToken token_, address account) {
        token_ = (seed >> 8) & 2 == 0 ? weth : usdc;
        account = traders[(seed >> 8) & 1];
    }

    function openRoute(DevnetToken token_) private {
        ShuttleRoute memory route = ShuttleRoute(tokenElsewhere(token_), token_.decimals(), token_.decimals(), 1_000);
        vm.prank(slowGovernor);
        registry.changeRoute(address(token_), ELSEWHERE, route);
    }

    /// @dev What a settlement sells is worth less than 20 000 dollars; what else leaves is any number of atoms.
    function limitOutflows(DevnetToken token_, uint104 ofSettlements) private {
        vm.startPrank(governor);
        registry.changeLimit(address(token_), OutflowKind.Withdrawal, Limit(50e18, 1 days));
        registry.changeLimit(address(token_), OutflowKind.Settlement, Limit(ofSettlements, 1 days));
        registry.changeLimit(address(token_), OutflowKind.Shuttle, Limit(50e18, 1 days));
        vm.stopPrank();
    }

    function tokenElsewhere(DevnetToken token_) private pure returns (address) {
        return address(uint160(address(token_)) ^ 1);
    }

    /// @dev With a fee between nothing and a little more than the route allows.
    function orderOf(uint256 seed, uint256 amount) private returns (Shuttle memory) {
        (DevnetToken token_,) = pick(seed);
        return Shuttle({
            nonce: bytes32(_nonces++),
            originChainId: HOME,
            destinationChainId: ELSEWHERE,
            inputToken: address(token_),
            outputToken: tokenElsewhere(token_),
            inputAmount: amount,
            outputAmount: amount - amount * (seed % (MAX_FEE_PPM + 100)) / 1e6,
            fillDeadline: uint32(block.timestamp + 20 minutes),
            validUntil: uint64(block.timestamp),
            checkpoint: _checkpoint
        });
    }

    /// @dev The same in the other direction.
    function inbound(Shuttle memory order) private pure returns (Shuttle memory) {
        (order.originChainId, order.destinationChainId) = (order.destinationChainId, order.originChainId);
        (order.inputToken, order.outputToken) = (order.outputToken, order.inputToken);
        return order;
    }

    function domainElsewhere() private view returns (Domain memory) {
        return Domain("MyrtleWyckoff DepositRegistry", "1", ELSEWHERE, address(registry));
    }

    function relayOf(Shuttle memory order) private view returns (V3RelayData memory) {
        bytes32 vault = toBytes32(address(registry));
        uint256 digest = uint256(digestOf(domainElsewhere(), order));
        return V3RelayData({
            depositor: vault,
            recipient: vault,
            exclusiveRelayer: 0,
            inputToken: toBytes32(order.inputToken),
            outputToken: toBytes32(order.outputToken),
            inputAmount: order.inputAmount,
            outputAmount: order.outputAmount,
            originChainId: ELSEWHERE,
            depositId: pool.getUnsafeDepositId(address(registry), vault, digest),
            fillDeadline: order.fillDeadline,
            exclusivityDeadline: 0,
            message: ""
        });
    }
}
