// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IWrappedNative} from "./external/IWrappedNative.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {IDepositRouter} from "./interfaces/IDepositRouter.sol";

/// @title Native coin → wrapped coin → vault
contract DepositRouter is IDepositRouter {
    /// @inheritdoc IDepositRouter
    address public immutable registry;
    /// @inheritdoc IDepositRouter
    address public immutable wrappedNative;

    constructor(address registry_, address wrappedNative_) {
        (registry, wrappedNative) = (registry_, wrappedNative_);
    }

    /// @inheritdoc IDepositRouter
    /// @dev The vault takes exactly what was approved or reverts, so neither coin nor allowance stays behind.
    function depositNative(address account, uint32 subaccount) external payable {
        IWrappedNative(wrappedNative).deposit{value: msg.value}();
        SafeTransferLib.safeApprove(wrappedNative, registry, msg.value);
        IDepositRegistry(registry).deposit(wrappedNative, msg.value, account, subaccount);
    }
}
