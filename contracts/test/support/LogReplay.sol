// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test, Vm} from "forge-std/Test.sol";

import {IEventLog} from "../../src/interfaces/IEventLog.sol";

/// @title Replays a contract's log from its events, as the keeper does
abstract contract LogReplay is Test {
    struct Replay {
        bytes32 head;
        uint64 count;
    }

    function genesisOf(address source) internal view returns (Replay memory) {
        return Replay(keccak256(abi.encode(block.chainid, source)), 0);
    }

    /// @dev Goes on from `replay` with the entries of `source` among `logs`.
    function replayed(Replay memory replay, address source, Vm.Log[] memory logs)
        internal
        pure
        returns (Replay memory)
    {
        for (uint256 i = 0; i < logs.length; i++) {
            Vm.Log memory log = logs[i];
            if (log.emitter != source || log.topics.length != 2) continue;
            assertEq(uint256(log.topics[1]), replay.count, "an entry is missing or out of order");
            replay.head = keccak256(abi.encode(replay.head, replay.count, log.topics[0], keccak256(log.data)));
            replay.count++;
        }
        return replay;
    }

    function assertReplays(address source, Vm.Log[] memory logs) internal view {
        assertReplayed(replayed(genesisOf(source), source, logs), source);
    }

    function assertReplayed(Replay memory replay, address source) internal view {
        assertEq(replay.count, IEventLog(source).count(), "count");
        assertEq(replay.head, IEventLog(source).head(), "head");
    }
}
