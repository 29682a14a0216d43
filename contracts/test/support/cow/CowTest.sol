// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SettlementIntent, SettlementOrder, ShedHooks} from "../../../src/types/Messages.sol";
import {CowContracts} from "../../../src/types/Settlement.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../DevnetToken.sol";
import {VaultTest} from "../VaultTest.sol";
import {COWShed, COWShedFactory, Call} from "./CowShed.sol";
import {Hook, HooksTrampoline} from "./HooksTrampoline.sol";
import {Batch, HostileSolver} from "./HostileSolver.sol";
import {GPv2Interaction, GPv2Trade, IGPv2, IGPv2Authentication} from "./IGPv2.sol";

/// @title A vault beside CoW Protocol, with WETH and USDC to settle
/// @dev The settlement contract, the vault relayer and the authenticator are the real ones from npm; the trampoline and the
/// shed are stand-ins. The clearing price is 3 000 USDC per WETH unless a test says otherwise.
abstract contract CowTest is VaultTest {
    /// @dev Where an interaction stands in a batch.
    enum Stage {
        Before,
        Between,
        After
    }

    struct Order {
        address sellToken;
        address buyToken;
        address receiver;
        uint256 sellAmount;
        uint256 buyAmount;
        uint32 validTo;
        bytes32 appData;
        uint256 feeAmount;
        string kind;
        bool partiallyFillable;
        string sellTokenBalance;
        string buyTokenBalance;
    }

    struct ExecuteHooks {
        Call[] calls;
        bytes32 nonce;
        uint256 deadline;
    }

    string private constant ARTIFACTS = "node_modules/@cowprotocol/contracts/lib/contracts/";
    string private constant ORDER =
        "Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)";
    string private constant EXECUTE_HOOKS =
        "ExecuteHooks(Call[] calls,bytes32 nonce,uint256 deadline)Call(address target,uint256 value,bytes callData,bool allowFailure,bool isDelegateCall)";
    uint256 private constant BUY_ORDER = 1;
    uint256 private constant PARTIALLY_FILLABLE = 2;
    uint256 private constant EIP1271 = 2 << 5;
    uint256 internal constant HOOK_GAS = 600_000;
    uint256 internal constant INITIAL = 1e24;

    IGPv2 internal gpv2;
    HooksTrampoline internal trampoline;
    COWShedFactory internal shedFactory;
    HostileSolver internal solver;
    DevnetToken internal weth;
    DevnetToken internal usdc;

    uint256 private _nextNonce;
    uint256 private _nextShedNonce;

    function setUp() public virtual override {
        vm.chainId(HOME);
        deployCow();
        solver = new HostileSolver(gpv2);
        IGPv2Authentication authentication = IGPv2Authentication(gpv2.authenticator());
        vm.prank(authentication.manager());
        authentication.addSolver(address(solver));
        super.setUp();
        weth = new DevnetToken("Wrapped Ether", "WETH", 18);
        usdc = new DevnetToken("USD Coin", "USDC", 6);
        makeSettleable(address(weth));
        makeSettleable(address(usdc));
        reachRoot(1);
    }

    function deployCow() internal virtual {
        address authenticator = deployArtifact("GPv2AllowListAuthentication.json", "");
        IGPv2Authentication(authenticator).initializeManager(makeAddr("CoW DAO"));
        gpv2 = IGPv2(deployArtifact("GPv2Settlement.json", abi.encode(authenticator, makeAddr("Balancer vault"))));
        trampoline = new HooksTrampoline(address(gpv2));
        shedFactory = new COWShedFactory();
    }

    function cowContracts() internal view virtual override returns (CowContracts memory) {
        return CowContracts(address(gpv2), address(shedFactory));
    }

    /// @dev Lists a token, lets it be settled, and gives the vault and GPv2 (as the solvers' inventory) plenty of it.
    function makeSettleable(address token_) internal {
        list(token_);
        vm.prank(slowGovernor);
        registry.changeSettleable(token_, true);
        fund(token_, bob, INITIAL);
        vm.prank(bob);
        registry.deposit(token_, INITIAL, bob, 0);
        DevnetToken(token_).mint(address(gpv2), INITIAL);
    }

    // ---------------------------------------------------------------- intents and orders

    function sellIntent(uint256 wethAmount, uint256 minUsdc) internal returns (SettlementIntent memory) {
        return intentOf(address(weth), wethAmount, address(usdc), minUsdc);
    }

    /// @dev Buys exactly `wethAmount`.
    function buyIntent(uint256 maxUsdc, uint256 wethAmount) internal returns (SettlementIntent memory intent) {
        intent = intentOf(address(usdc), maxUsdc, address(weth), wethAmount);
        intent.buyExact = true;
    }

    /// @dev A fresh nonce and commitment.
    function intentOf(address sellToken, uint256 sellAmount, address buyToken, uint256 buyAmount)
        internal
        returns (SettlementIntent memory)
    {
        bytes32 nonce = keccak256(abi.encode("nonce", _nextNonce++));
        return SettlementIntent({
            nonce: nonce,
            sellToken: sellToken,
            buyToken: buyToken,
            sellAmount: sellAmount,
            buyAmount: buyAmount,
            buyExact: false,
            partiallyFillable: false,
            validTo: uint32(block.timestamp + 5 minutes),
            owner: keccak256(abi.encode("commitment", nonce)),
            checkpoint: 1
        });
    }

    function laneOf(SettlementIntent memory intent) internal view returns (address) {
        return registry.laneOf(intent.nonce);
    }

    function open(SettlementIntent memory intent) internal {
        Pair memory pair = signBoth(intent);
        vm.prank(courier);
        registry.openSettlement(intent, pair.enclave, pair.leader);
    }

    function close(SettlementIntent memory intent) internal {
        vm.prank(courier);
        registry.closeSettlement(intent);
    }

    function orderOf(SettlementIntent memory intent, bytes32 appData) internal view returns (Order memory) {
        return Order({
            sellToken: intent.sellToken,
            buyToken: intent.buyToken,
            receiver: laneOf(intent),
            sellAmount: intent.sellAmount,
            buyAmount: intent.buyAmount,
            validTo: intent.validTo,
            appData: appData,
            feeAmount: 0,
            kind: intent.buyExact ? "buy" : "sell",
            partiallyFillable: intent.partiallyFillable,
            sellTokenBalance: "erc20",
            buyTokenBalance: "erc20"
        });
    }

    function orderDigest(Order memory order) internal view returns (bytes32) {
        bytes32 structHash = vm.eip712HashStruct(ORDER, abi.encode(order));
        return keccak256(abi.encodePacked(hex"1901", gpv2.domainSeparator(), structHash));
    }

    function orderUid(SettlementIntent memory intent) internal view returns (bytes memory) {
        bytes32 digest = orderDigest(orderOf(intent, appDataOf(intent)));
        return abi.encodePacked(digest, laneOf(intent), intent.validTo);
    }

    /// @dev Stands for the hash of the JSON with the hooks.
    function appDataOf(SettlementIntent memory intent) internal pure returns (bytes32) {
        return keccak256(abi.encode("appData", intent.nonce, intent.validTo));
    }

    /// @dev As the keeper signs it: the order with the intent's own appData.
    function laneSignature(SettlementIntent memory intent) internal view returns (bytes memory) {
        bytes32 appData = appDataOf(intent);
        Pair memory pair = signBoth(SettlementOrder(orderDigest(orderOf(intent, appData))));
        return laneSignature(intent, appData, pair);
    }

    function laneSignature(SettlementIntent memory intent, bytes32 appData, Pair memory pair)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(abi.encode(intent, appData), pair.enclave, pair.leader);
    }

    /// @dev What a batch does to a lane: GPv2's relayer pulls, and GPv2 pays.
    function fill(SettlementIntent memory intent, uint256 sold, uint256 bought) internal {
        bytes memory pull = abi.encodeCall(weth.transferFrom, (laneOf(intent), address(gpv2), sold));
        vm.prank(gpv2.vaultRelayer());
        (bool ok,) = intent.sellToken.call(pull);
        assertTrue(ok);
        give(intent, intent.buyToken, bought);
    }

    function give(SettlementIntent memory intent, address token_, uint256 amount) internal {
        DevnetToken(token_).mint(laneOf(intent), amount);
    }

    /// @dev The highest byte of the second slot.
    function setPhase(ExitPhase phase) internal {
        uint256 slot = uint256(vm.load(address(registry), bytes32(uint256(1))));
        slot = (slot << 8 >> 8) | (uint256(phase) << 248);
        vm.store(address(registry), bytes32(uint256(1)), bytes32(slot));
        assertEq(uint8(registry.exitPhase()), uint8(phase));
    }

    // ---------------------------------------------------------------- batches

    function newBatch() internal view returns (Batch memory) {
        return newBatch(3_000e6, 1e18);
    }

    /// @dev `sold · price of the sold token = bought · price of the bought token`, in atoms.
    function newBatch(uint256 wethPrice, uint256 usdcPrice) internal view returns (Batch memory batch) {
        batch.tokens = new address[](2);
        batch.prices = new uint256[](2);
        (batch.tokens[0], batch.tokens[1]) = (address(weth), address(usdc));
        (batch.prices[0], batch.prices[1]) = (wethPrice, usdcPrice);
    }

    /// @dev Fills the whole order.
    function addTrade(Batch memory batch, SettlementIntent memory intent) internal view {
        addTrade(batch, intent, intent.buyExact ? intent.buyAmount : intent.sellAmount);
    }

    /// @param executed of the sell amount, or of the buy amount of a buy order; only partially fillable ones look at it
    function addTrade(Batch memory batch, SettlementIntent memory intent, uint256 executed) internal view {
        addTrade(batch, tradeOf(batch, intent, executed));
    }

    function addTrade(Batch memory batch, GPv2Trade memory trade) internal pure {
        GPv2Trade[] memory trades = new GPv2Trade[](batch.trades.length + 1);
        for (uint256 i = 0; i < batch.trades.length; i++) {
            trades[i] = batch.trades[i];
        }
        trades[batch.trades.length] = trade;
        batch.trades = trades;
    }

    function tradeOf(Batch memory batch, SettlementIntent memory intent, uint256 executed)
        internal
        view
        returns (GPv2Trade memory)
    {
        return GPv2Trade({
            sellTokenIndex: indexOf(batch, intent.sellToken),
            buyTokenIndex: indexOf(batch, intent.buyToken),
            receiver: laneOf(intent),
            sellAmount: intent.sellAmount,
            buyAmount: intent.buyAmount,
            validTo: intent.validTo,
            appData: appDataOf(intent),
            feeAmount: 0,
            flags: EIP1271 | (intent.buyExact ? BUY_ORDER : 0) | (intent.partiallyFillable ? PARTIALLY_FILLABLE : 0),
            executedAmount: executed,
            signature: abi.encodePacked(laneOf(intent), laneSignature(intent))
        });
    }

    function addInteraction(Batch memory batch, Stage stage, address target, bytes memory data) internal pure {
        GPv2Interaction[] memory before = batch.interactions[uint8(stage)];
        GPv2Interaction[] memory interactions = new GPv2Interaction[](before.length + 1);
        for (uint256 i = 0; i < before.length; i++) {
            interactions[i] = before[i];
        }
        interactions[before.length] = GPv2Interaction(target, 0, data);
        batch.interactions[uint8(stage)] = interactions;
    }

    /// @dev By the solver's contract, which remembers how it went.
    function addAttempt(Batch memory batch, Stage stage, address target, bytes memory data) internal view {
        addInteraction(batch, stage, address(solver), abi.encodeCall(solver.attempt, (target, data)));
    }

    /// @dev Through the trampoline, as the order's appData asks.
    function addHook(Batch memory batch, Stage stage, address target, bytes memory data) internal view {
        Hook[] memory hooks = new Hook[](1);
        hooks[0] = Hook(target, data, HOOK_GAS);
        addInteraction(batch, stage, address(trampoline), abi.encodeCall(trampoline.execute, (hooks)));
    }

    /// @dev A trade with both its hooks, which call the vault.
    function addSettlement(Batch memory batch, SettlementIntent memory intent) internal view {
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent);
        addHook(batch, Stage.After, address(registry), closeCall(intent));
    }

    /// @dev A trade with both its hooks, which call the vault's shed.
    function addSettlementThroughShed(Batch memory batch, SettlementIntent memory intent) internal {
        addHook(batch, Stage.Before, address(shedFactory), shedCall(openCall(intent)));
        addTrade(batch, intent);
        addHook(batch, Stage.After, address(shedFactory), shedCall(closeCall(intent)));
    }

    function openCall(SettlementIntent memory intent) internal view returns (bytes memory) {
        Pair memory pair = signBoth(intent);
        return abi.encodeCall(registry.openSettlement, (intent, pair.enclave, pair.leader));
    }

    function closeCall(SettlementIntent memory intent) internal view returns (bytes memory) {
        return abi.encodeCall(registry.closeSettlement, (intent));
    }

    function settle(Batch memory batch) internal {
        solver.settle(batch);
    }

    function indexOf(Batch memory batch, address token_) private pure returns (uint256 i) {
        while (batch.tokens[i] != token_) i++;
    }

    // ---------------------------------------------------------------- the shed

    /// @dev One call of the vault, signed for its shed under a fresh nonce.
    function shedCall(bytes memory data) internal returns (bytes memory) {
        Call[] memory calls = new Call[](1);
        calls[0] = Call(address(registry), 0, data, false, false);
        bytes32 nonce = bytes32(_nextShedNonce++);
        uint256 deadline = block.timestamp + 1 hours;
        Pair memory pair = signBoth(ShedHooks(shedDigest(calls, nonce, deadline)));
        bytes memory signature = abi.encodePacked(pair.enclave, pair.leader);
        return abi.encodeCall(shedFactory.executeHooks, (calls, nonce, deadline, address(registry), signature));
    }

    function shedDigest(Call[] memory calls, bytes32 nonce, uint256 deadline) internal view returns (bytes32) {
        bytes memory message = abi.encode(ExecuteHooks(calls, nonce, deadline));
        bytes32 structHash = vm.eip712HashStruct(EXECUTE_HOOKS, message);
        return keccak256(abi.encodePacked(hex"1901", shedDomain(), structHash));
    }

    function shedDomain() internal view virtual returns (bytes32) {
        return vm.eip712HashStruct(DOMAIN, abi.encode(Domain("COWShed", "2.1.0", block.chainid, registry.shed())));
    }

    // ---------------------------------------------------------------- what came of it

    /// @dev What the vault's books say of the intent's commitment.
    function assertSettled(SettlementIntent memory intent, uint256 sold, uint256 bought) internal view {
        (uint256 deposited, uint256 withdrawn,) = registry.counters(intent.owner, intent.sellToken);
        assertEq(withdrawn, intent.sellAmount, "taken out");
        assertEq(withdrawn - deposited, sold, "sold");
        (deposited, withdrawn,) = registry.counters(intent.owner, intent.buyToken);
        assertEq(deposited, bought, "bought");
        assertEq(withdrawn, 0, "nothing else was taken out");
    }

    function signBoth(SettlementIntent memory intent) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), intent));
    }

    function signBoth(SettlementOrder memory order) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), order));
    }

    function signBoth(ShedHooks memory hooks) internal view returns (Pair memory) {
        return signBoth(digestOf(registryDomain(), hooks));
    }

    function deployArtifact(string memory name, bytes memory arguments) private returns (address deployed) {
        string memory json = vm.readFile(string.concat(ARTIFACTS, name));
        bytes memory code = bytes.concat(vm.parseJsonBytes(json, ".bytecode"), arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        require(deployed != address(0), "not deployed");
    }
}
