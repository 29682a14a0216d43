// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EventLog} from "../../src/EventLog.sol";
import {LogReplay} from "../support/LogReplay.sol";

contract Notebook is EventLog {
    event Noted(uint64 indexed index, string text, uint256[] numbers);
    event Emptied(uint64 indexed index);
    event Mentioned(address indexed who, uint256 indexed what);

    function note(string calldata text, uint256[] calldata numbers) external {
        _append(Noted.selector, abi.encode(text, numbers));
    }

    function empty() external {
        _append(Emptied.selector, "");
    }

    /// @dev Three topics: not an entry.
    function mention() external {
        emit Mentioned(msg.sender, 7);
    }
}

contract EventLogTest is LogReplay {
    Notebook private _notebook = new Notebook();

    function test_head_startsWithChainAndAddress() public view {
        assertEq(_notebook.head(), keccak256(abi.encode(block.chainid, address(_notebook))));
        assertEq(_notebook.count(), 0);
    }

    function test_head_differsPerContract() public {
        assertNotEq(_notebook.head(), new Notebook().head());
    }

    function test_append_emitsTheEntryAsItsTypedEvent() public {
        uint256[] memory numbers = new uint256[](2);
        (numbers[0], numbers[1]) = (4, 2);
        vm.expectEmit(address(_notebook));
        emit Notebook.Noted(0, "first", numbers);
        _notebook.note("first", numbers);
        vm.expectEmit(address(_notebook));
        emit Notebook.Emptied(1);
        _notebook.empty();
        assertEq(_notebook.count(), 2);
    }

    function test_append_chainsHeads() public {
        bytes32 before = _notebook.head();
        _notebook.empty();
        assertEq(
            _notebook.head(), keccak256(abi.encode(before, uint64(0), keccak256("Emptied(uint64)"), keccak256("")))
        );
    }

    function testFuzz_replay_givesTheHead(string[] calldata texts, uint256[] calldata numbers) public {
        vm.recordLogs();
        for (uint256 i = 0; i < texts.length && i < 16; i++) {
            _notebook.note(texts[i], numbers);
            _notebook.mention();
            if (i % 3 == 0) _notebook.empty();
        }
        assertReplays(address(_notebook), vm.getRecordedLogs());
    }
}
