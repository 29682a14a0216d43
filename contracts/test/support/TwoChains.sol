// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CommonBase} from "forge-std/Base.sol";

/// @title Two chains in one EVM
/// @dev The vaults of all chains have one address, and orders, digests and deposit ids depend on that. Forge has one state,
/// and forks of it need a node. So what stands at an address on both chains is taken out, code and storage, and what
/// stands there on the other chain is put in, whenever a test goes there: two vaults with nothing in common but the
/// address. Everything else (pools, tokens) has an address of its own on each chain, as in reality, and stays.
abstract contract TwoChains is CommonBase {
    uint256 private _here;
    address[] private _shared;
    mapping(uint256 chainId => mapping(address => bytes)) private _code;
    mapping(uint256 chainId => mapping(address => mapping(bytes32 slot => bytes32))) private _storage;
    mapping(address => bytes32[]) private _slots;
    mapping(address => mapping(bytes32 slot => bool)) private _isKnown;

    /// @dev For the functions of an invariant's handler: recordings and the chain's id last for one call from outside.
    modifier onOneChain() {
        vm.chainId(_here);
        vm.record();
        _;
        _learnSlots();
    }

    /// @dev Before anything is deployed that is shared.
    function startOn(uint256 chainId) internal {
        _here = chainId;
        vm.chainId(chainId);
        vm.record();
    }

    function share(address at) internal {
        _shared.push(at);
    }

    /// @dev Nothing happens on the way: time goes on for both chains.
    function goTo(uint256 chainId) internal {
        if (chainId == _here) return;
        _learnSlots();
        for (uint256 i = 0; i < _shared.length; i++) {
            address at = _shared[i];
            for (uint256 j = 0; j < _slots[at].length; j++) {
                bytes32 slot = _slots[at][j];
                _storage[_here][at][slot] = vm.load(at, slot);
                vm.store(at, slot, _storage[chainId][at][slot]);
            }
            _code[_here][at] = at.code;
            vm.etch(at, _code[chainId][at]);
            if (at.code.length == 0) vm.resetNonce(at);
        }
        startOn(chainId);
    }

    function _learnSlots() private {
        for (uint256 i = 0; i < _shared.length; i++) {
            address at = _shared[i];
            (, bytes32[] memory written) = vm.accesses(at);
            for (uint256 j = 0; j < written.length; j++) {
                if (_isKnown[at][written[j]]) continue;
                _isKnown[at][written[j]] = true;
                _slots[at].push(written[j]);
            }
        }
    }
}
