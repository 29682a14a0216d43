// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {TokenListing} from "../types/Listings.sol";
import {Custody} from "./Custody.sol";

/// @title Listed tokens, and the way in
abstract contract Deposits is Custody {
    using SafeTransferLib for address;

    struct Listing {
        bool listed;
        uint112 depositCap;
    }

    mapping(address token => Listing) private _listings;

    constructor(TokenListing[] memory listings) {
        for (uint256 i = 0; i < listings.length; i++) {
            _listToken(listings[i].token, listings[i].depositCap);
        }
    }

    /// @inheritdoc IDepositRegistry
    function listing(address token) external view returns (bool listed, uint256 depositCap) {
        return (_listings[token].listed, _listings[token].depositCap);
    }

    /// @dev The transfer comes first, because only it shows the amount; the caller guards against re-entry. A balance that
    /// cannot be read must revert: read as 0 before and rightly afterwards, it would credit what the whole vault holds.
    function _deposit(address token, uint256 amount, address account, uint32 subaccount) internal {
        Listing memory listed = _listings[token];
        if (!listed.listed) revert DepositRegistry_TokenNotListed(token);
        if (account == address(0)) revert DepositRegistry_ZeroAccount();

        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = IERC20(token).balanceOf(address(this));
        if (balanceAfter <= balanceBefore) revert DepositRegistry_NothingReceived(token);
        uint256 received = balanceAfter - balanceBefore;

        uint256 wouldHold = accounted(token) + received;
        if (wouldHold > listed.depositCap) {
            revert DepositRegistry_CapExceeded(token, listed.depositCap, wouldHold);
        }
        // No more than a cap, which fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        _credit(account, token, uint112(received));
        _append(Deposited.selector, abi.encode(token, received, account, subaccount, msg.sender));
    }

    function _listToken(address token, uint256 depositCap) internal {
        if (token.code.length == 0) revert DepositRegistry_NotAToken(token);
        if (_listings[token].listed) revert DepositRegistry_TokenAlreadyListed(token);
        _listings[token] = Listing(true, _toCap(depositCap, type(uint112).max));
        _append(TokenListed.selector, abi.encode(token, depositCap));
    }

    function _changeDepositCap(address token, uint256 depositCap, bool mayRaise) internal {
        Listing memory listed = _listings[token];
        if (!listed.listed) revert DepositRegistry_TokenNotListed(token);
        _listings[token].depositCap = _toCap(depositCap, mayRaise ? type(uint112).max : listed.depositCap);
        _append(DepositCapChanged.selector, abi.encode(token, depositCap));
    }

    function _toCap(uint256 depositCap, uint112 highest) private pure returns (uint112) {
        if (depositCap > highest) revert DepositRegistry_CapTooHigh(depositCap);
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint112(depositCap);
    }
}
