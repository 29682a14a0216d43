// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {ISpokePool, V3RelayData} from "../external/ISpokePool.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {IShuttles} from "../interfaces/IShuttles.sol";
import {TypedMessages} from "../libraries/TypedMessages.sol";
import {ShuttleRoute} from "../types/Listings.sol";
import {Absorb, Shuttle} from "../types/Messages.sol";
import {OutflowKind, TokenBooks, VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title Shuttles between two vaults of one address
library Shuttles {
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    /// @notice The vault's own storage for shuttles. Arrivals are kept by digest and not by nonce: nobody signs them, and
    /// whoever fills an order of his own with the nonce of another must not use that up.
    struct State {
        mapping(address inputToken => mapping(uint256 destinationChainId => ShuttleRoute)) routes;
        mapping(bytes32 nonce => bool) used;
        mapping(bytes32 digest => bool) arrived;
        mapping(bytes32 nonce => bool) absorbed;
    }

    /// @dev `unsafeDeposit`'s arguments before its message. They are static, so they are encoded as one struct as they
    /// would be one by one, which is too many for the compiler's stack.
    struct DepositArguments {
        bytes32 depositor;
        bytes32 recipient;
        bytes32 inputToken;
        bytes32 outputToken;
        uint256 inputAmount;
        uint256 outputAmount;
        uint256 destinationChainId;
        bytes32 exclusiveRelayer;
        uint256 depositNonce;
        uint32 quoteTimestamp;
        uint32 fillDeadline;
        uint32 exclusivityParameter;
    }

    /// @notice Enough for somebody to fill.
    uint256 internal constant MIN_FILL_TIME = 10 minutes;
    /// @notice What the pool accepts today; a pool that accepts more must not keep the money for longer.
    uint256 internal constant MAX_FILL_TIME = 6 hours;
    uint256 internal constant MAX_DECIMALS = 18;
    uint256 internal constant MAX_FEE_PPM = 100_000;
    uint256 private constant PPM = 1_000_000;
    uint256 private constant FILLED = 2;

    /// @dev The pool's allowance and what it took are looked at afterwards, against the usual order: its owner can upgrade
    /// it at any time.
    /// @param domainSeparator of this vault
    function send(
        VaultState storage vault,
        State storage state,
        ISpokePool pool,
        bytes32 domainSeparator,
        Shuttle calldata order,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        vault.requireOpen(order.checkpoint);
        _requireInTime(order);
        if (order.originChainId != block.chainid) {
            revert IShuttles.Shuttles_WrongChain(order.originChainId, block.chainid);
        }
        if (order.inputAmount == 0) revert IDepositRegistry.DepositRegistry_ZeroAmount();
        bytes32 digest = TypedMessages.digest(domainSeparator, TypedMessages.hashStruct(order));
        vault.requireSigned(digest, enclaveSignature, leaderSignature);

        _use(state, order.nonce);
        // Bounds the amount, so that it can be multiplied.
        vault.limitOutflow(order.inputToken, OutflowKind.Shuttle, order.inputAmount);
        _requireRoute(state, order);
        vault.debitInventory(order.inputToken, order.inputAmount);
        vault.append(IShuttles.ShuttleSent.selector, abi.encode(digest, order));
        _deposit(pool, order, digest);
    }

    function confirm(VaultState storage vault, State storage state, ISpokePool pool, Shuttle calldata order) external {
        _requirePool(pool);
        if (order.destinationChainId != block.chainid) {
            revert IShuttles.Shuttles_WrongChain(order.destinationChainId, block.chainid);
        }
        if (order.outputAmount == 0) revert IDepositRegistry.DepositRegistry_ZeroAmount();
        bytes32 separator =
            TypedMessages.domainSeparator(TypedMessages.REGISTRY_NAME, order.originChainId, address(this));
        bytes32 digest = TypedMessages.digest(separator, TypedMessages.hashStruct(order));
        if (state.arrived[digest]) revert IShuttles.Shuttles_AlreadyArrived(digest);
        bytes32 relayHash = keccak256(abi.encode(_relayOf(order, digest), block.chainid));
        uint256 status = pool.fillStatuses(relayHash);
        if (status != FILLED) revert IShuttles.Shuttles_NotFilled(relayHash, status);

        state.arrived[digest] = true;
        _takeIn(vault, order.outputToken, order.outputAmount);
        vault.append(IShuttles.ShuttleArrived.selector, abi.encode(digest, order));
    }

    /// @param domainSeparator of this vault
    function absorb(
        VaultState storage vault,
        State storage state,
        bytes32 domainSeparator,
        Absorb calldata absorption,
        bytes calldata enclaveSignature,
        bytes calldata leaderSignature
    ) external {
        if (absorption.amount == 0) revert IDepositRegistry.DepositRegistry_ZeroAmount();
        vault.requirePosted(absorption.checkpoint);
        bytes32 digest = TypedMessages.digest(domainSeparator, TypedMessages.hashStruct(absorption));
        vault.requireSigned(digest, enclaveSignature, leaderSignature);
        bytes32 nonce = absorption.nonce;
        if (state.absorbed[nonce]) revert IShuttles.Shuttles_AlreadyAbsorbed(nonce);

        state.absorbed[nonce] = true;
        _takeIn(vault, absorption.token, absorption.amount);
        vault.append(
            IShuttles.Absorbed.selector, abi.encode(nonce, absorption.token, absorption.amount, absorption.reason)
        );
    }

    function claimRefund(ISpokePool pool, address token) external {
        _requirePool(pool);
        pool.claimRelayerRefund(_word(token), _word(address(this)));
    }

    function revoke(VaultState storage vault, State storage state, bytes32 nonce) external {
        _use(state, nonce);
        vault.append(IShuttles.ShuttleRevoked.selector, abi.encode(nonce));
    }

    function changeRoute(
        VaultState storage vault,
        State storage state,
        ISpokePool pool,
        address inputToken,
        uint256 destinationChainId,
        ShuttleRoute calldata route
    ) external {
        _requirePool(pool);
        vault.requireListed(inputToken);
        if (
            destinationChainId == block.chainid || route.maxFeePpm > MAX_FEE_PPM || route.inputDecimals > MAX_DECIMALS
                || route.outputDecimals > MAX_DECIMALS
        ) revert IShuttles.Shuttles_BadRoute(destinationChainId, route);

        state.routes[inputToken][destinationChainId] = route;
        vault.append(IShuttles.RouteChanged.selector, abi.encode(inputToken, destinationChainId, route));
    }

    function _use(State storage state, bytes32 nonce) private {
        if (state.used[nonce]) revert IShuttles.Shuttles_NonceUsed(nonce);
        state.used[nonce] = true;
    }

    /// @dev Only what the books do not know yet can come into them. What claims of the final exit paid out is deducted in
    /// none of them.
    function _takeIn(VaultState storage vault, address token, uint256 amount) private {
        vault.requireListed(token);
        TokenBooks storage books = vault.tokens[token];
        (uint256 came, uint256 accounted) = (IERC20(token).balanceOf(address(this)) + books.claimed, books.accounted);
        uint256 unaccounted = came > accounted ? came - accounted : 0;
        if (amount > unaccounted) revert IShuttles.Shuttles_NotReceived(token, amount, unaccounted);
        vault.creditInventory(token, amount);
    }

    function _deposit(ISpokePool pool, Shuttle calldata order, bytes32 digest) private {
        (address token, uint256 amount) = (order.inputToken, order.inputAmount);
        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        token.safeApprove(address(pool), amount);
        (bool ok, bytes memory reason) = address(pool).call(_depositCall(order, digest));
        if (!ok) revert IShuttles.Shuttles_PoolRefused(reason);
        uint256 balanceAfter = IERC20(token).balanceOf(address(this));
        uint256 leftApproved = IERC20(token).allowance(address(this), address(pool));
        if (balanceAfter + amount != balanceBefore || leftApproved != 0) {
            revert IShuttles.Shuttles_NotTaken(token, balanceBefore, balanceAfter, leftApproved);
        }
    }

    function _depositCall(Shuttle calldata order, bytes32 digest) private view returns (bytes memory) {
        DepositArguments memory arguments = DepositArguments({
            depositor: _word(address(this)),
            recipient: _word(address(this)),
            inputToken: _word(order.inputToken),
            outputToken: _word(order.outputToken),
            inputAmount: order.inputAmount,
            outputAmount: order.outputAmount,
            destinationChainId: order.destinationChainId,
            exclusiveRelayer: 0,
            depositNonce: uint256(digest),
            quoteTimestamp: uint32(block.timestamp),
            fillDeadline: order.fillDeadline,
            exclusivityParameter: 0
        });
        return abi.encodeWithSelector(ISpokePool.unsafeDeposit.selector, arguments, bytes(""));
    }

    /// @dev What `_depositCall` makes on the origin, as the destination's pool knows it.
    function _relayOf(Shuttle calldata order, bytes32 digest) private view returns (V3RelayData memory) {
        bytes32 vault = _word(address(this));
        return V3RelayData({
            depositor: vault,
            recipient: vault,
            exclusiveRelayer: 0,
            inputToken: _word(order.inputToken),
            outputToken: _word(order.outputToken),
            inputAmount: order.inputAmount,
            outputAmount: order.outputAmount,
            originChainId: order.originChainId,
            depositId: uint256(keccak256(abi.encodePacked(address(this), vault, digest))),
            fillDeadline: order.fillDeadline,
            exclusivityDeadline: 0,
            message: ""
        });
    }

    function _requirePool(ISpokePool pool) private pure {
        if (address(pool) == address(0)) revert IShuttles.Shuttles_NoPool();
    }

    /// @dev The pool would accept nearly anything.
    function _requireInTime(Shuttle calldata order) private view {
        if (block.timestamp > order.validUntil) revert IDepositRegistry.DepositRegistry_Expired(order.validUntil);
        uint32 fillDeadline = order.fillDeadline;
        if (fillDeadline < block.timestamp + MIN_FILL_TIME || fillDeadline > block.timestamp + MAX_FILL_TIME) {
            revert IShuttles.Shuttles_BadFillDeadline(fillDeadline);
        }
    }

    function _requireRoute(State storage state, Shuttle calldata order) private view {
        ShuttleRoute memory route = state.routes[order.inputToken][order.destinationChainId];
        if (route.outputToken == address(0) || route.outputToken != order.outputToken) {
            revert IShuttles.Shuttles_NoRoute(order.inputToken, order.destinationChainId, order.outputToken);
        }
        (uint256 one, uint256 scaled) = (10 ** route.inputDecimals, order.inputAmount * 10 ** route.outputDecimals);
        if (scaled % one != 0) {
            revert IShuttles.Shuttles_InexactAmount(order.inputAmount, route.inputDecimals, route.outputDecimals);
        }
        uint256 highest = scaled / one;
        uint256 feeDown = highest * route.maxFeePpm / PPM;
        if (order.outputAmount < highest - feeDown || order.outputAmount > highest) {
            revert IShuttles.Shuttles_BadOutputAmount(order.outputAmount, highest - feeDown, highest);
        }
    }

    function _word(address account) private pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }
}
