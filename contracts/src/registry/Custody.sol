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

    function _credit(address account, address token, uint256 amount) internal {
        Counters memory counted = _counters[account][token];
        counted.deposited = _add(counted.deposited, amount, account, token);
        _store(counted, account, token);
        _totals[token].deposited += uint128(amount);
    }

    function _debit(address account, address token, uint256 amount) internal {
        Totals memory total = _totals[token];
        uint256 held = total.deposited - total.withdrawn;
        if (amount > held) revert DepositRegistry_VaultHoldsTooLittle(token, amount, held);
        Counters memory counted = _counters[account][token];
        counted.withdrawn = _add(counted.withdrawn, amount, account, token);
        _store(counted, account, token);
        _totals[token].withdrawn = total.withdrawn + uint128(amount);
    }

    /// @dev Remembers the account's first entry, which is the one that is about to be appended.
    function _store(Counters memory counted, address account, address token) private {
        if (counted.firstIndex == 0) {
            if (count >= type(uint32).max) revert DepositRegistry_CounterOverflow(account, token);
            counted.firstIndex = uint32(count + 1);
        }
        _counters[account][token] = counted;
    }

    function _add(uint112 sum, uint256 amount, address account, address token) private pure returns (uint112) {
        if (amount > type(uint112).max - sum) revert DepositRegistry_CounterOverflow(account, token);
        return sum + uint112(amount);
    }
}
