// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {TokenListing} from "../types/Listings.sol";
import {Limit, OutflowKind, TokenBooks, VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";

/// @title Which tokens the vault takes, how much of each, and how fast they may leave
/// @dev External, because the vault's own code would be too large. Runs in the vault's storage and as the vault.
library Listings {
    using SafeCast for uint256;
    using VaultBooks for VaultState;

    function list(VaultState storage vault, TokenListing memory listing) external {
        address token = listing.token;
        if (token.code.length == 0) revert IDepositRegistry.DepositRegistry_NotAToken(token);
        TokenBooks storage books = vault.tokens[token];
        if (books.listedAt != 0) revert IDepositRegistry.DepositRegistry_TokenAlreadyListed(token);
        books.listedAt = vault.count + 1;
        books.depositCap = _toCap(listing.depositCap, type(uint112).max);
        books.settleable = listing.settleable;
        _setLimit(books, OutflowKind.Withdrawal, listing.withdrawalLimit);
        _setLimit(books, OutflowKind.Settlement, listing.settlementLimit);
        _setLimit(books, OutflowKind.Shuttle, listing.shuttleLimit);
        vault.append(IDepositRegistry.TokenListed.selector, abi.encode(listing));
    }

    function changeDepositCap(VaultState storage vault, address token, uint256 depositCap, bool mayRaise) external {
        vault.requireListed(token);
        TokenBooks storage books = vault.tokens[token];
        books.depositCap = _toCap(depositCap, mayRaise ? type(uint112).max : books.depositCap);
        vault.append(IDepositRegistry.DepositCapChanged.selector, abi.encode(token, depositCap));
    }

    function changeSettleable(VaultState storage vault, address token, bool settleable) external {
        vault.requireListed(token);
        vault.tokens[token].settleable = settleable;
        vault.append(IDepositRegistry.SettleableChanged.selector, abi.encode(token, settleable));
    }

    /// @dev Lower means: neither more at once nor sooner again. What is used now was reckoned with the old limit, and is
    /// settled before the new one counts.
    function changeLimit(VaultState storage vault, address token, OutflowKind kind, Limit memory limit, bool mayRaise)
        external
    {
        vault.requireListed(token);
        Limit memory old = vault.limitOf(token, kind);
        bool isLower = limit.capacity <= old.capacity
            && uint256(limit.capacity) * old.refillSeconds <= uint256(old.capacity) * limit.refillSeconds;
        if (!mayRaise && !isLower) revert IDepositRegistry.DepositRegistry_LimitRaised(token, kind);
        vault.settleOutflow(token, kind);
        _setLimit(vault.tokens[token], kind, limit);
        vault.append(
            IDepositRegistry.LimitChanged.selector, abi.encode(token, kind, limit.capacity, limit.refillSeconds)
        );
    }

    function outflow(VaultState storage vault, address token, OutflowKind kind)
        external
        view
        returns (Limit memory limit, uint256 used)
    {
        return (vault.limitOf(token, kind), vault.usedOutflow(token, kind));
    }

    function _setLimit(TokenBooks storage books, OutflowKind kind, Limit memory limit) private {
        if (limit.capacity > type(uint104).max || (limit.capacity != 0 && limit.refillSeconds == 0)) {
            revert IDepositRegistry.DepositRegistry_BadLimit(limit.capacity, limit.refillSeconds);
        }
        if (kind == OutflowKind.Withdrawal) books.withdrawalLimit = limit;
        else books.limits[kind] = limit;
    }

    function _toCap(uint256 depositCap, uint112 highest) private pure returns (uint112) {
        if (depositCap > highest) revert IDepositRegistry.DepositRegistry_CapTooHigh(depositCap);
        return depositCap.toUint112();
    }
}
