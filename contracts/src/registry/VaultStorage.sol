// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAuthority} from "../interfaces/IAuthority.sol";
import {IDepositRegistry} from "../interfaces/IDepositRegistry.sol";
import {ExitState} from "../types/Exit.sol";
import {VaultState} from "../types/VaultState.sol";

/// @title What every part of the vault shares
abstract contract VaultStorage is IDepositRegistry {
    IAuthority internal immutable AUTHORITY;

    VaultState internal _vault;
    ExitState internal _exit;

    constructor(address authority_) {
        AUTHORITY = IAuthority(authority_);
    }

    function _requireCouncil() internal view {
        if (msg.sender != AUTHORITY.council()) revert DepositRegistry_NotCouncil(msg.sender);
    }

    function _requireGovernor() internal view {
        if (msg.sender != AUTHORITY.governor()) revert DepositRegistry_NotGovernor(msg.sender);
    }

    /// @dev What the slow governor switches on or off and the council only off.
    function _requireMaySwitch(bool on) internal view {
        if (msg.sender == AUTHORITY.slowGovernor() || (!on && msg.sender == AUTHORITY.council())) return;
        revert DepositRegistry_NotSlowGovernor(msg.sender);
    }

    /// @dev What the governor may set at will and the council only lower. Answers whether it is the governor.
    function _requireCouncilOrGovernor() internal view returns (bool isGovernor) {
        isGovernor = msg.sender == AUTHORITY.governor();
        if (!isGovernor && msg.sender != AUTHORITY.council()) revert DepositRegistry_NotCouncilOrGovernor(msg.sender);
    }
}
