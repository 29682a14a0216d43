// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SettlementTest} from "../integration/Settlement.t.sol";
import {COWShed, COWShedFactory} from "../support/cow/CowShed.sol";
import {HooksTrampoline} from "../support/cow/HooksTrampoline.sol";
import {IGPv2} from "../support/cow/IGPv2.sol";

interface IVersioned {
    function VERSION() external view returns (string memory);
}

/// @title The same settlements against what CoW DAO has deployed: settlement contract, trampoline and cow-shed
/// @dev `FORK_RPC_URL=<a node of Ethereum, Base, Arbitrum, Polygon or Gnosis chain> forge test --match-path
/// 'contracts/test/fork/*'`. Skipped when it is not set.
contract SettlementForkTest is SettlementTest {
    IGPv2 private constant SETTLEMENT = IGPv2(0x9008D19f58AAbD9eD0D60971565AA8510560ab41);
    HooksTrampoline private constant TRAMPOLINE = HooksTrampoline(0x60Bf78233f48eC42eE3F101b9a05eC7878728006);
    HooksTrampoline private constant TRAMPOLINE_ON_GNOSIS = HooksTrampoline(0x01DcB88678aedD0C4cC9552B20F4718550250574);
    COWShedFactory private constant SHED_FACTORY = COWShedFactory(0x312f92fe5f1710408B20D52A374fa29e099cFA86);
    COWShedFactory private constant SHED_FACTORY_2 = COWShedFactory(0x4F4350bf2c74aaCD508D598a1ba94EF84378793d);

    uint256 private _chainId;

    function setUp() public override {
        string memory url = vm.envOr("FORK_RPC_URL", string(""));
        vm.skip(bytes(url).length == 0, "FORK_RPC_URL is not set");
        vm.createSelectFork(url);
        _chainId = block.chainid;
        super.setUp();
        // The tests' own home chain has another id. What is deployed asks for the real one.
        vm.chainId(_chainId);
    }

    function test_deployed_isWhatTheAddressesSay() public view {
        assertEq(trampoline.settlement(), address(gpv2));
        assertEq(registry.settlementSetup().relayer, gpv2.vaultRelayer());
        assertEq(registry.settlementSetup().orderDomain, gpv2.domainSeparator());
    }

    function deployCow() internal override {
        gpv2 = SETTLEMENT;
        trampoline = _chainId == 100 ? TRAMPOLINE_ON_GNOSIS : TRAMPOLINE;
        shedFactory = address(SHED_FACTORY).code.length == 0 ? SHED_FACTORY_2 : SHED_FACTORY;
    }

    /// @dev The shed is deployed with its first hooks, so its factory's implementation is asked.
    function shedDomain() internal view override returns (bytes32) {
        string memory version = IVersioned(shedFactory.implementation()).VERSION();
        return vm.eip712HashStruct(DOMAIN, abi.encode(Domain("COWShed", version, block.chainid, registry.shed())));
    }
}
