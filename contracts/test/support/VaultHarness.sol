// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {VaultBooks} from "../../src/registry/VaultBooks.sol";
import {TokenListing} from "../../src/types/Listings.sol";
import {CowContracts} from "../../src/types/Settlement.sol";
import {VaultState} from "../../src/types/VaultState.sol";

/// @title A vault in which tests move money for keys and for inventory without lanes and pools
/// @dev The books are the vault's own; the tokens the test moves itself. Each move counts as an entry of the log.
contract VaultHarness is DepositRegistry {
    using VaultBooks for VaultState;

    constructor(address authority_, uint256 homeChainId, address checkpointer)
        DepositRegistry(
            authority_,
            homeChainId,
            checkpointer,
            0,
            new TokenListing[](0),
            CowContracts(address(0), address(0)),
            address(0)
        )
    {}

    function credit(bytes32 key, address token, uint256 amount) external {
        _vault.credit(key, token, amount);
        _vault.count++;
    }

    function debit(bytes32 key, address token, uint256 amount) external {
        _vault.debit(key, token, amount);
        _vault.count++;
    }

    function creditInventory(address token, uint256 amount) external {
        _vault.creditInventory(token, amount);
        _vault.count++;
    }

    function debitInventory(address token, uint256 amount) external {
        _vault.debitInventory(token, amount);
        _vault.count++;
    }
}
