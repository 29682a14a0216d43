// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

struct Hook {
    address target;
    bytes callData;
    uint256 gasLimit;
}

/// @title Stand-in for CoW Protocol's HooksTrampoline
/// @dev Not the deployed contract, which no npm package carries: written from its documented behaviour, for tests. Runs
/// hooks for the settlement contract, each with its own gas limit; a hook that reverts stops nothing; too little gas for
/// a hook burns what is left, so that the batch fails instead of the hook.
contract HooksTrampoline {
    address public immutable settlement;

    error HooksTrampoline_NotASettlement(address caller);

    constructor(address settlement_) {
        settlement = settlement_;
    }

    function execute(Hook[] calldata hooks) external {
        if (msg.sender != settlement) revert HooksTrampoline_NotASettlement(msg.sender);
        for (uint256 i = 0; i < hooks.length; i++) {
            if (gasleft() * 63 / 64 < hooks[i].gasLimit) burnGas();
            (bool ok,) = hooks[i].target.call{gas: hooks[i].gasLimit}(hooks[i].callData);
            ok;
        }
    }

    function burnGas() private pure {
        assembly {
            invalid()
        }
    }
}
