// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SettlementIntent} from "../types/Messages.sol";

/// @title The one CoW order that an intent allows its lane
library CowOrder {
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)"
    );
    bytes32 private constant SELL = keccak256("sell");
    bytes32 private constant BUY = keccak256("buy");
    bytes32 private constant ERC20_BALANCE = keccak256("erc20");

    /// @dev The lane receives, nothing is paid as a fee, and Balancer's vault is not involved.
    function digest(SettlementIntent memory intent, bytes32 appData, address lane, bytes32 cowDomainSeparator)
        internal
        pure
        returns (bytes32)
    {
        // In two parts: one would be too many arguments for the stack.
        bytes memory terms = abi.encode(
            ORDER_TYPEHASH, intent.sellToken, intent.buyToken, lane, intent.sellAmount, intent.buyAmount, intent.validTo
        );
        bytes memory form = abi.encode(
            appData, uint256(0), intent.buyExact ? BUY : SELL, intent.partiallyFillable, ERC20_BALANCE, ERC20_BALANCE
        );
        return keccak256(abi.encodePacked(hex"1901", cowDomainSeparator, keccak256(bytes.concat(terms, form))));
    }
}
