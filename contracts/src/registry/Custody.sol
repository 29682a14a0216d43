// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EventLog} from "../EventLog.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";

/// @title Who brought and took how much
/// @dev Every movement goes through `_credit` or `_debit`, so that the counters of all accounts sum to the totals, and
/// the difference of the totals is what the vault accounts for.
abstract contract Custody is EventLog, IDepositRegistry {
    /// @notice Cumulative, in atoms. `firstIndex` is a log index plus one.
    struct Counters {
        uint112 deposited;
        uint112 withdrawn;
        uint32 firstIndex;
    }

    /// @notice Cumulative over all accounts, in atoms.
    struct Totals {
        uint128 deposited;
        uint128 withdrawn;
    }

    mapping(address account => mapping(address token => Counters)) private _counters;
    mapping(address token => Totals) private _totals;

    /// @inheritdoc IDepositRegistry
    function counters(address account, address token)
        external
        view
        returns (uint256 deposited, uint256 withdrawn, uint256 firstIndex)
    {
        Counters memory counted = _counters[account][token];
        return (counted.deposited, counted.withdrawn, counted.firstIndex);
    }

    /// @inheritdoc IDepositRegistry
    function totals(address token) external view returns (uint256 deposited, uint256 withdrawn) {
        return (_totals[token].deposited, _totals[token].withdrawn);
    }

    /// @inheritdoc IDepositRegistry
    function accounted(address token) public view returns (uint256) {
        return _totals[token].deposited - _totals[token].withdrawn;
    }

    function _credit(address account, address token, uint112 amount) internal {
        Counters storage counted = _counters[account][token];
        (uint112 deposited, uint112 withdrawn, uint32 firstIndex) = _load(counted);
        if (amount > type(uint112).max - deposited) revert DepositRegistry_CounterOverflow(account, token);
        _store(counted, deposited + amount, withdrawn, firstIndex);
        _totals[token].deposited += amount;
    }

    function _debit(address account, address token, uint256 amount) internal {
        Totals storage total = _totals[token];
        (uint128 totalDeposited, uint128 totalWithdrawn) = (total.deposited, total.withdrawn);
        uint256 held = totalDeposited - totalWithdrawn;
        if (amount > held) revert DepositRegistry_VaultHoldsTooLittle(token, amount, held);
        // The cap of deposits keeps what is held below 2¹¹².
        // forge-lint: disable-next-line(unsafe-typecast)
        uint112 amount112 = uint112(amount);
        total.withdrawn = totalWithdrawn + amount112;

        Counters storage counted = _counters[account][token];
        (uint112 deposited, uint112 withdrawn, uint32 firstIndex) = _load(counted);
        if (amount112 > type(uint112).max - withdrawn) revert DepositRegistry_CounterOverflow(account, token);
        _store(counted, deposited, withdrawn + amount112, firstIndex);
    }

    function _load(Counters storage counted) private view returns (uint112, uint112, uint32) {
        return (counted.deposited, counted.withdrawn, counted.firstIndex);
    }

    /// @dev Remembers the account's first entry, which is the one that is about to be appended. In a log that is too long
    /// for the field it is the last that fits: nobody must be locked out by entries of others.
    function _store(Counters storage counted, uint112 deposited, uint112 withdrawn, uint32 firstIndex) private {
        if (firstIndex == 0) {
            uint64 next = count + 1;
            // forge-lint: disable-next-line(unsafe-typecast)
            firstIndex = next < type(uint32).max ? uint32(next) : type(uint32).max;
        }
        (counted.deposited, counted.withdrawn, counted.firstIndex) = (deposited, withdrawn, firstIndex);
    }
}
