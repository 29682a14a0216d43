// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {VaultState} from "../types/VaultState.sol";
import {VaultBooks} from "./VaultBooks.sol";
import {VaultStorage} from "./VaultStorage.sol";

/// @title The way in
abstract contract Deposits is VaultStorage {
    using SafeTransferLib for address;
    using VaultBooks for VaultState;

    /// @dev The transfer comes first, because only it shows the amount; the caller guards against re-entry. A balance that
    /// cannot be read must revert: read as 0 before and rightly afterwards, it would credit what the whole vault holds.
    /// Never more than was asked for counts: while a token calls back, a shuttle or a refund can be made to arrive.
    function _deposit(address token, uint256 amount, address account, uint32 subaccount) internal {
        _vault.requireNotFinal();
        _vault.requireListed(token);
        if (account == address(0)) revert DepositRegistry_ZeroAccount();

        uint256 balanceBefore = IERC20(token).balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = IERC20(token).balanceOf(address(this));
        if (balanceAfter <= balanceBefore) revert DepositRegistry_NothingReceived(token);
        uint256 received = balanceAfter - balanceBefore;
        if (received > amount) received = amount;

        _vault.creditDeposit(VaultBooks.keyOf(account), token, received);
        _vault.append(Deposited.selector, abi.encode(token, received, account, subaccount, msg.sender));
    }
}
