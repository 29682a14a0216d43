// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IPermit2} from "./external/IPermit2.sol";
import {IWrappedNative} from "./external/IWrappedNative.sol";
import {IDepositRegistry} from "./interfaces/IDepositRegistry.sol";
import {IDepositRouter} from "./interfaces/IDepositRouter.sol";

/// @title Native coin, permit or Permit2 → vault
/// @dev Needs no guard against re-entry: a call within a call ends with the balance that it found, so the outer one still
/// measures what is its own.
contract DepositRouter is IDepositRouter {
    using SafeTransferLib for address;

    bytes32 private constant WITNESS_TYPEHASH = keccak256("Deposit(address account,uint32 subaccount)");
    /// @dev Permit2 puts it behind its own fields.
    string private constant WITNESS_TYPE =
        "Deposit witness)Deposit(address account,uint32 subaccount)TokenPermissions(address token,uint256 amount)";

    /// @inheritdoc IDepositRouter
    address public constant permit2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    /// @inheritdoc IDepositRouter
    address public immutable registry;
    /// @inheritdoc IDepositRouter
    address public immutable wrappedNative;

    constructor(address registry_, address wrappedNative_) {
        (registry, wrappedNative) = (registry_, wrappedNative_);
    }

    /// @inheritdoc IDepositRouter
    function depositNative(address account, uint32 subaccount) external payable {
        IWrappedNative(wrappedNative).deposit{value: msg.value}();
        _deposit(wrappedNative, msg.value, account, subaccount);
    }

    /// @inheritdoc IDepositRouter
    /// @dev Only the caller's tokens move: a permit does not say for whom they are.
    function depositWithPermit(
        address token,
        uint256 amount,
        address account,
        uint32 subaccount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        uint256 balanceBefore = _balanceOf(token);
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {}
        catch {
            // Anybody can use up a permit that he sees. The approval is there all the same.
            uint256 allowance = IERC20(token).allowance(msg.sender, address(this));
            if (allowance < amount) revert DepositRouter_PermitRefused(token, allowance, amount);
        }
        token.safeTransferFrom(msg.sender, address(this), amount);
        _depositArrived(token, balanceBefore, account, subaccount);
    }

    /// @inheritdoc IDepositRouter
    /// @dev All that is permitted, or whoever sends it first could use up the signature with less.
    function depositWithPermit2(
        address owner,
        IPermit2.PermitTransferFrom calldata permit,
        address account,
        uint32 subaccount,
        bytes calldata signature
    ) external {
        address token = permit.permitted.token;
        uint256 balanceBefore = _balanceOf(token);
        IPermit2(permit2)
            .permitWitnessTransferFrom(
                permit,
                IPermit2.SignatureTransferDetails(address(this), permit.permitted.amount),
                owner,
                keccak256(abi.encode(WITNESS_TYPEHASH, account, subaccount)),
                WITNESS_TYPE,
                signature
            );
        _depositArrived(token, balanceBefore, account, subaccount);
    }

    /// @dev What was here before belongs to nobody and is credited to nobody.
    function _depositArrived(address token, uint256 balanceBefore, address account, uint32 subaccount) private {
        uint256 balanceAfter = _balanceOf(token);
        if (balanceAfter <= balanceBefore) revert DepositRouter_NothingReceived(token);
        _deposit(token, balanceAfter - balanceBefore, account, subaccount);
    }

    /// @dev The vault takes exactly what was approved or reverts, so neither tokens nor allowance stay behind.
    function _deposit(address token, uint256 amount, address account, uint32 subaccount) private {
        token.safeApprove(registry, amount);
        IDepositRegistry(registry).deposit(token, amount, account, subaccount);
    }

    function _balanceOf(address token) private view returns (uint256) {
        (bool implemented, uint256 balance) = token.checkBalanceOf(address(this));
        if (!implemented) revert DepositRouter_NotAToken(token);
        return balance;
    }
}
