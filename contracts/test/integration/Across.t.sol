// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ISpokePool, V3RelayData} from "../../src/external/ISpokePool.sol";
import {Across, DepositArguments, IAcrossPool} from "../support/Across.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {DevnetWeth} from "../support/DevnetWeth.sol";

/// @title What the vault relies on, and what it must not rely on, shown by the real pool
contract AcrossTest is Test, Across {
    uint256 private constant ORIGIN = 1;
    uint256 private constant DESTINATION = 8453;
    uint256 private constant NONCE = uint256(keccak256("digest"));

    address private _depositor = makeAddr("depositor");
    address private _relayer = makeAddr("relayer");
    DevnetToken private _input = new DevnetToken("Input", "IN", 6);
    DevnetToken private _output = new DevnetToken("Output", "OUT", 6);
    IAcrossPool private _origin;
    IAcrossPool private _destination;

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.chainId(ORIGIN);
        _origin = deployPool(address(new DevnetWeth()));
        _destination = deployPool(address(new DevnetWeth()));
    }

    function test_unsafeDeposit_hasAnIdAndARelayHashThatAreKnownBeforehand() public {
        V3RelayData memory relay = relayOf(100, 99, uint32(block.timestamp + 1 hours));
        assertEq(relay.depositId, _origin.getUnsafeDepositId(_depositor, toBytes32(_depositor), NONCE));
        deposit(relay);
        vm.chainId(DESTINATION);
        bytes32 relayHash = keccak256(abi.encode(relay, DESTINATION));
        assertEq(relayHash, _destination.getV3RelayHash(relay));
        assertEq(_destination.fillStatuses(relayHash), 0);
        fill(relay);
        assertEq(_destination.fillStatuses(relayHash), 2);
        assertEq(_output.balanceOf(_depositor), 99);
    }

    function test_unsafeDeposit_acceptsWhatCanNeverBeFilledOrPaysNothing() public {
        deposit(relayOf(100, 1, uint32(block.timestamp - 1)));
        V3RelayData memory relay = relayOf(100, 1e30, uint32(block.timestamp + 6 hours));
        relay.outputToken = toBytes32(address(0xdead));
        deposit(relay);
        assertEq(_input.balanceOf(address(_origin)), 200);
    }

    function test_unsafeDeposit_refusesAFillDeadlineBeyondSixHours() public {
        V3RelayData memory relay = relayOf(100, 99, uint32(block.timestamp + 6 hours + 1));
        fund(_input, _depositor, address(_origin), 100);
        vm.prank(_depositor);
        (bool ok, bytes memory reason) = unsafeDeposit(relay);
        assertFalse(ok);
        assertEq(bytes4(reason), IAcrossPool.InvalidFillDeadline.selector);
    }

    function test_fillRelay_asksNobodyWhetherThereWasADeposit() public {
        V3RelayData memory invented = relayOf(1e30, 1, uint32(block.timestamp));
        invented.depositId = 7;
        vm.chainId(DESTINATION);
        fill(invented);
        assertEq(_destination.fillStatuses(_destination.getV3RelayHash(invented)), 2);
    }

    function test_fillRelay_doesNotWorkAfterTheDeadline() public {
        V3RelayData memory relay = relayOf(100, 99, uint32(block.timestamp));
        vm.chainId(DESTINATION);
        skip(1);
        fund(_output, _relayer, address(_destination), 99);
        vm.expectRevert(IAcrossPool.ExpiredFillDeadline.selector);
        vm.prank(_relayer);
        _destination.fillRelay(relay, ORIGIN, toBytes32(_relayer));
    }

    function test_executeSlowRelayLeaf_paysWhatTheBundleSaysAndNotWhatTheOrderSays() public {
        V3RelayData memory relay = relayOf(100, 99, uint32(block.timestamp + 1 hours));
        deposit(relay);
        vm.chainId(DESTINATION);
        _destination.requestSlowFill(relay);
        bytes32 relayHash = _destination.getV3RelayHash(relay);
        assertEq(_destination.fillStatuses(relayHash), 1);
        _output.mint(address(_destination), 98);
        slowFill(_destination, relay, 98);
        assertEq(_destination.fillStatuses(relayHash), 2);
        assertEq(_output.balanceOf(_depositor), 98);
    }

    function test_executeRelayerRefundLeaf_paysTheDepositorWithoutCallingHim() public {
        deposit(relayOf(100, 99, uint32(block.timestamp + 1 hours)));
        skip(2 hours);
        refund(_origin, address(_input), _depositor, 100);
        assertEq(_input.balanceOf(_depositor), 100);
    }

    function relayOf(uint256 inputAmount, uint256 outputAmount, uint32 fillDeadline)
        private
        view
        returns (V3RelayData memory)
    {
        return V3RelayData({
            depositor: toBytes32(_depositor),
            recipient: toBytes32(_depositor),
            exclusiveRelayer: 0,
            inputToken: toBytes32(address(_input)),
            outputToken: toBytes32(address(_output)),
            inputAmount: inputAmount,
            outputAmount: outputAmount,
            originChainId: ORIGIN,
            depositId: uint256(keccak256(abi.encodePacked(_depositor, toBytes32(_depositor), NONCE))),
            fillDeadline: fillDeadline,
            exclusivityDeadline: 0,
            message: ""
        });
    }

    function deposit(V3RelayData memory relay) private {
        fund(_input, _depositor, address(_origin), relay.inputAmount);
        vm.prank(_depositor);
        (bool ok,) = unsafeDeposit(relay);
        assertTrue(ok);
    }

    function unsafeDeposit(V3RelayData memory relay) private returns (bool ok, bytes memory result) {
        DepositArguments memory arguments = DepositArguments({
            depositor: relay.depositor,
            recipient: relay.recipient,
            inputToken: relay.inputToken,
            outputToken: relay.outputToken,
            inputAmount: relay.inputAmount,
            outputAmount: relay.outputAmount,
            destinationChainId: DESTINATION,
            exclusiveRelayer: 0,
            depositNonce: NONCE,
            quoteTimestamp: uint32(block.timestamp),
            fillDeadline: relay.fillDeadline,
            exclusivityParameter: 0
        });
        return address(_origin).call(abi.encodeWithSelector(ISpokePool.unsafeDeposit.selector, arguments, bytes("")));
    }

    function fill(V3RelayData memory relay) private {
        fund(_output, _relayer, address(_destination), relay.outputAmount);
        vm.prank(_relayer);
        _destination.fillRelay(relay, ORIGIN, toBytes32(_relayer));
    }

    function fund(DevnetToken token, address owner, address spender, uint256 amount) private {
        token.mint(owner, amount);
        vm.prank(owner);
        token.approve(spender, amount);
    }
}
