// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {V3RelayData} from "../../src/external/ISpokePool.sol";
import {ShuttleRoute} from "../../src/types/Listings.sol";
import {Absorb, Shuttle} from "../../src/types/Messages.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {Across, IAcrossPool} from "./Across.sol";
import {DevnetToken} from "./DevnetToken.sol";
import {DevnetWeth} from "./DevnetWeth.sol";
import {TwoChains} from "./TwoChains.sol";
import {VaultTest} from "./VaultTest.sol";

/// @title Two vaults, two real pools, a route in each direction
/// @dev Tests begin on `ORIGIN`, where the dollar has 18 decimals; on `DESTINATION` it has 6. Checkpoint 1 is posted on
/// both, and the origin's vault holds `HELD`. `token` is the dollar of the chain that the test is on.
abstract contract ShuttleTest is VaultTest, Across, TwoChains {
    uint256 internal constant ORIGIN = HOME;
    uint256 internal constant DESTINATION = 8453;
    uint32 internal constant MAX_FEE_PPM = 1_000;
    uint256 internal constant HELD = 1_000_000e18;
    uint8 internal constant REFUND = 1;

    address internal relayer = makeAddr("relayer");
    address internal thief = makeAddr("thief");
    mapping(uint256 chainId => IAcrossPool) internal pools;
    mapping(uint256 chainId => DevnetToken) internal dollars;
    mapping(uint256 chainId => DevnetWeth) internal weths;

    function setUp() public virtual override {
        startOn(ORIGIN);
        (weths[ORIGIN], weths[DESTINATION]) = (new DevnetWeth(), new DevnetWeth());
        pools[ORIGIN] = deployPool(address(weths[ORIGIN]));
        pools[DESTINATION] = deployPool(address(weths[DESTINATION]));
        spokePool = address(pools[ORIGIN]);
        super.setUp();
        dollars[ORIGIN] = token;
        dollars[DESTINATION] = new DevnetToken("Dollar", "USD", 6);
        share(address(authority));
        share(address(registry));
        share(address(checkpointer));
        share(vm.computeCreateAddress(address(registry), 1)); // the lanes' implementation
        openRoute(address(token), DESTINATION, routeTo(DESTINATION));
        deposit(alice, HELD);
        reachRoot(1);

        deployOnDestination();
        openRoute(address(token), ORIGIN, routeTo(ORIGIN));
        reachRoot(1);
        visit(ORIGIN);
    }

    /// @dev At the same addresses: the same deployer with the same nonces.
    function deployOnDestination() private {
        (address expected, uint64 nonce) = (address(registry), vm.getNonce(address(this)));
        uint64 deploymentNonce = nonceOf(address(authority));
        visit(DESTINATION);
        spokePool = address(pools[DESTINATION]);
        vm.setNonceUnsafe(address(this), deploymentNonce);
        deployProtocol();
        vm.setNonce(address(this), nonce);
        assertEq(address(registry), expected);
        appointLeader(leaderKey, EPOCH);
    }

    function nonceOf(address created) private view returns (uint64 nonce) {
        while (vm.computeCreateAddress(address(this), nonce) != created) nonce++;
    }

    function visit(uint256 chainId) internal {
        goTo(chainId);
        token = dollars[chainId];
    }

    // ---------------------------------------------------------------- orders

    function routeTo(uint256 chainId) internal view returns (ShuttleRoute memory) {
        DevnetToken output = dollars[chainId];
        return ShuttleRoute(address(output), token.decimals(), output.decimals(), MAX_FEE_PPM);
    }

    function openRoute(address inputToken, uint256 destinationChainId, ShuttleRoute memory route) internal {
        vm.prank(slowGovernor);
        registry.changeRoute(inputToken, destinationChainId, route);
    }

    /// @dev From the origin, at half the fee that the route allows.
    function orderOf(bytes32 nonce, uint256 dollarsIn) internal view returns (Shuttle memory) {
        return Shuttle({
            nonce: nonce,
            originChainId: ORIGIN,
            destinationChainId: DESTINATION,
            inputToken: address(dollars[ORIGIN]),
            outputToken: address(dollars[DESTINATION]),
            inputAmount: dollarsIn * 1e18,
            outputAmount: dollarsIn * (1e6 - MAX_FEE_PPM / 2),
            fillDeadline: uint32(block.timestamp + 2 hours),
            validUntil: uint64(block.timestamp + 30 minutes),
            checkpoint: 1
        });
    }

    function digestOfOrder(Shuttle memory order) internal view returns (bytes32) {
        return digestOf(Domain("MyrtleWyckoff DepositRegistry", "1", order.originChainId, address(registry)), order);
    }

    function signBoth(Shuttle memory order) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), order));
    }

    function send(Shuttle memory order) internal {
        submit(order, signBoth(order));
    }

    function submit(Shuttle memory order, Pair memory pair) internal {
        vm.prank(courier);
        registry.shuttle(order, pair.enclave, pair.leader);
    }

    function expectRefusal(Shuttle memory order, bytes memory reason) internal {
        Pair memory pair = signBoth(order);
        vm.expectRevert(reason);
        submit(order, pair);
    }

    // ---------------------------------------------------------------- Across

    function pool() internal view returns (IAcrossPool) {
        return pools[block.chainid];
    }

    function relayOf(Shuttle memory order) internal view returns (V3RelayData memory) {
        bytes32 vault = toBytes32(address(registry));
        uint256 digest = uint256(digestOfOrder(order));
        return V3RelayData({
            depositor: vault,
            recipient: vault,
            exclusiveRelayer: 0,
            inputToken: toBytes32(order.inputToken),
            outputToken: toBytes32(order.outputToken),
            inputAmount: order.inputAmount,
            outputAmount: order.outputAmount,
            originChainId: order.originChainId,
            depositId: pool().getUnsafeDepositId(address(registry), vault, digest),
            fillDeadline: order.fillDeadline,
            exclusivityDeadline: 0,
            message: ""
        });
    }

    function fill(Shuttle memory order) internal {
        fill(relayOf(order));
    }

    /// @dev Whoever likes, with his own money.
    function fill(V3RelayData memory relay) internal {
        DevnetToken output = DevnetToken(address(uint160(uint256(relay.outputToken))));
        output.mint(relayer, relay.outputAmount);
        vm.startPrank(relayer);
        output.approve(address(pool()), relay.outputAmount);
        pool().fillRelay(relay, relay.originChainId, toBytes32(relayer));
        vm.stopPrank();
    }

    function confirm(Shuttle memory order) internal {
        vm.prank(courier);
        registry.confirmArrival(order);
    }

    // ---------------------------------------------------------------- absorptions

    function absorptionOf(bytes32 nonce, uint256 amount) internal view returns (Absorb memory) {
        return Absorb(nonce, address(token), amount, REFUND, 1);
    }

    function signBoth(Absorb memory absorption) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), absorption));
    }

    function absorb(Absorb memory absorption) internal {
        absorb(absorption, signBoth(absorption));
    }

    function absorb(Absorb memory absorption, Pair memory pair) internal {
        vm.prank(courier);
        registry.absorb(absorption, pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- books

    /// @dev The phase is the highest byte of the slot of `count`.
    function setExitPhase(ExitPhase phase) internal {
        bytes32 slot = vm.load(address(registry), bytes32(uint256(1)));
        slot = bytes32((uint256(slot) << 8 >> 8) | (uint256(phase) << 248));
        vm.store(address(registry), bytes32(uint256(1)), slot);
        assertEq(uint8(registry.exitPhase()), uint8(phase));
    }

    /// @dev Of the dollar on this chain.
    function assertBooks(uint256 accounted, int256 inventory) internal view {
        assertEq(registry.accounted(address(token)), accounted, "accounted");
        assertEq(registry.inventory(address(token)), inventory, "inventory");
        assertGe(token.balanceOf(address(registry)), accounted, "balance");
        assertEq(token.allowance(address(registry), address(pool())), 0, "left approved");
    }
}
