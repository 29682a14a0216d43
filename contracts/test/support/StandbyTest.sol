// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Authority} from "../../src/Authority.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {AcceptLeader, AcceptStandby} from "../../src/types/Messages.sol";
import {VaultTest} from "./VaultTest.sol";

/// @title Two keepers that stand by
abstract contract StandbyTest is VaultTest {
    bytes32 internal constant EVIDENCE = "evidence of a standby";
    uint64 internal constant STALE = 15 minutes;
    uint64 internal constant WAIT = 5 minutes;

    address internal first;
    address internal second;
    uint256 internal firstKey;
    uint256 internal secondKey;

    function setUp() public virtual override {
        super.setUp();
        (first, firstKey) = makeAddrAndKey("first standby");
        (second, secondKey) = makeAddrAndKey("second standby");
    }

    function proposeStandby(address candidate) internal {
        vm.prank(council);
        authority.proposeStandby(candidate, EVIDENCE);
    }

    function standbyAcceptance(uint256 key) internal view returns (bytes memory) {
        return signed(key, digestOf(authorityDomain(), AcceptStandby(vm.addr(key), EVIDENCE)));
    }

    /// @dev Takes a day, at whose end the keeper is heard.
    function listStandby(uint256 key) internal {
        proposeStandby(vm.addr(key));
        vm.warp(block.timestamp + 24 hours);
        keepAlive();
        authority.acceptStandby(vm.addr(key), standbyAcceptance(key));
    }

    function keepAlive() internal {
        (, uint64 checkpoint,,) = registry.newestRoot();
        postRoot(checkpoint + 1);
    }

    function isListed(address candidate) internal view returns (bool listed) {
        (,,, listed) = authority.standby(candidate);
    }

    function silence(uint256 time) internal {
        vm.warp(authority.heartbeatAt() + time);
    }

    /// @dev Silent for long enough, announced, waited.
    function becomeReady(address candidate) internal {
        silence(STALE);
        authority.announceTakeOver(candidate);
        vm.warp(block.timestamp + WAIT);
    }

    function takeOver(uint256 key, uint64 epoch) internal {
        takeOver(key, AcceptLeader(vm.addr(key), epoch, authority.tip()));
    }

    function takeOver(uint256 key, AcceptLeader memory message) internal {
        Pair memory pair = signTakeOver(key, message);
        authority.takeOver(message, pair.enclave, pair.leader);
    }

    function expectNoTakeOver(uint256 key, uint64 epoch, bytes memory reason) internal {
        AcceptLeader memory message = AcceptLeader(vm.addr(key), epoch, authority.tip());
        Pair memory pair = signTakeOver(key, message);
        vm.expectRevert(reason);
        authority.takeOver(message, pair.enclave, pair.leader);
    }

    function expectTooEarly(uint256 key, uint64 missing) internal {
        uint64 epoch = authority.epoch() + 1;
        expectNoTakeOver(key, epoch, abi.encodeWithSelector(IAuthority.Authority_TakeOverTooEarly.selector, missing));
    }

    function signTakeOver(uint256 key, AcceptLeader memory message) internal view returns (Pair memory) {
        bytes32 digest = digestOf(authorityDomain(), message);
        return Pair(signed(enclaveKey, digest), signed(key, digest));
    }
}
