// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ShuttleRoute} from "../types/Listings.sol";
import {Absorb, Shuttle} from "../types/Messages.sol";

/// @title Inventory between the vaults of two chains, over Across
/// @notice A *shuttle* leaves the books of its origin when it is sent and enters those of its destination when it is
/// confirmed; in between it is counted on neither. It belongs to no account: `inventory` moves, counters do not.
///
/// What is assumed, and what is not:
/// - The vault of the destination has this vault's address. It receives and is refunded; nobody is called.
/// - Across is trusted with what is in transit, which the route's fee and the bucket of shuttles bound, and with nothing
///   else: its pool may be paused, upgraded or hostile. Only money that the books do not know can be confirmed.
/// - Anybody may fill relay data that nobody signed, with the vault as recipient. That is a gift to the vault; its entry
///   names a digest that the keeper never signed.
/// - A slow fill may pay less or more than the order says. Less is never confirmed; less or more can be absorbed.
interface IShuttles {
    // Entries of the log: only `index` is indexed.

    /// @notice Left the books of this chain for the pool. `digest` is the order's, in the domain of its origin's vault.
    event ShuttleSent(uint64 indexed index, bytes32 digest, Shuttle order);
    /// @notice Entered the books of this chain. Nobody signs arrivals: an order that was never sent may stand here, paid for by whoever made it up.
    event ShuttleArrived(uint64 indexed index, bytes32 digest, Shuttle order);
    /// @notice The council used up the nonce.
    event ShuttleRevoked(uint64 indexed index, bytes32 nonce);
    /// @notice What lay here beside the books entered them.
    event Absorbed(uint64 indexed index, bytes32 nonce, address token, uint256 amount, uint8 reason);
    /// @notice Opened, changed, or, without an output token, closed.
    event RouteChanged(uint64 indexed index, address inputToken, uint256 destinationChainId, ShuttleRoute route);

    /// @notice This chain has no Across.
    error Shuttles_NoPool();
    /// @notice To be sent from, or to arrive on, another chain.
    error Shuttles_WrongChain(uint256 chainId, uint256 expected);
    /// @notice Sent before, or revoked.
    error Shuttles_NonceUsed(bytes32 nonce);
    /// @notice Not between 10 minutes and 6 hours ahead.
    error Shuttles_BadFillDeadline(uint32 fillDeadline);
    /// @notice Never opened, closed, or leading to another token.
    error Shuttles_NoRoute(address inputToken, uint256 destinationChainId, address outputToken);
    /// @notice Not a whole number of the output token's atoms.
    error Shuttles_InexactAmount(uint256 inputAmount, uint8 inputDecimals, uint8 outputDecimals);
    /// @notice A higher fee than the route allows, or more than goes in.
    error Shuttles_BadOutputAmount(uint256 outputAmount, uint256 lowest, uint256 highest);
    /// @notice `reason` is the pool's own error.
    error Shuttles_PoolRefused(bytes reason);
    /// @notice The pool did not take exactly what it was given.
    error Shuttles_NotTaken(address token, uint256 balanceBefore, uint256 balanceAfter, uint256 leftApproved);
    /// @notice `status` is the pool's: 0 not filled, 1 slow fill requested.
    error Shuttles_NotFilled(bytes32 relayHash, uint256 status);
    /// @notice Confirmed before.
    error Shuttles_AlreadyArrived(bytes32 digest);
    /// @notice The vault holds less beyond its books than should come into them.
    error Shuttles_NotReceived(address token, uint256 amount, uint256 unaccounted);
    /// @notice Each nonce counts once.
    error Shuttles_AlreadyAbsorbed(bytes32 nonce);
    /// @notice To this chain, with more than 18 decimals, or with a fee above 10 %.
    error Shuttles_BadRoute(uint256 destinationChainId, ShuttleRoute route);

    /// @notice Sends one signed shuttle from this chain, its origin. Anybody may submit it, until `validUntil`, once.
    /// Who fills it on the destination before `fillDeadline` gets `inputAmount` from Across; unfilled it is refunded to
    /// this vault, hours later.
    function shuttle(Shuttle calldata order, bytes calldata enclaveSignature, bytes calldata leaderSignature) external;

    /// @notice Brings a filled shuttle into the books of this chain, its destination. Anybody may call it, at any time,
    /// again and again until it succeeds: it asks the pool whether exactly this order is filled, and the token whether
    /// the vault holds `outputAmount` beyond its books.
    function confirmArrival(Shuttle calldata order) external;

    /// @notice Brings tokens into the books that are here and that the books do not know: refunds, which come summed and
    /// without a call, fills of another amount, gifts.
    /// @param absorption `nonce` is that of the shuttle that came back or short, or a new one; each counts once.
    /// `reason` is for the keeper's books, and means nothing to the vault.
    function absorb(Absorb calldata absorption, bytes calldata enclaveSignature, bytes calldata leaderSignature)
        external;

    /// @notice Fetches a refund that Across could not pay because the token refused the transfer just then. Anybody may
    /// call it. Like every refund it must be absorbed afterwards.
    function claimRefund(address token) external;

    /// @notice Council only: uses up `nonce`, so that a shuttle which was signed with it cannot be sent.
    function revokeShuttle(bytes32 nonce) external;

    /// @notice The slow governor sets what `inputToken` becomes on chain `destinationChainId`; the council may close a route
    /// at once.
    /// @dev What the slow governor answers for: there is a vault at this address over there, the output token is the same
    /// asset, and the decimals are right.
    /// @param route without an output token: closed
    function changeRoute(address inputToken, uint256 destinationChainId, ShuttleRoute calldata route) external;

    /// @notice Across' pool of this chain, 0 where there is none.
    function spokePool() external view returns (address);
    /// @notice What `inputToken` becomes on chain `destinationChainId`; without an output token where there is no route.
    function route(address inputToken, uint256 destinationChainId) external view returns (ShuttleRoute memory);
    /// @notice Whether a shuttle with `nonce` was sent from here, or revoked.
    function isShuttleNonceUsed(bytes32 nonce) external view returns (bool);
    /// @notice Whether the order with `digest` was confirmed here.
    function hasArrived(bytes32 digest) external view returns (bool);
    /// @notice Whether something was absorbed under `nonce` here.
    function isAbsorbed(bytes32 nonce) external view returns (bool);
}
