// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Script} from "forge-std/Script.sol";
import {VmSafe} from "forge-std/Vm.sol";

import {DevelopmentChain} from "../src/libraries/DevelopmentChain.sol";
import {DirectoryGenesis} from "../src/types/Listings.sol";
import {ConfigFile} from "./lib/ConfigFile.sol";
import {Record} from "./lib/Record.sol";

/// @title The protocol on one chain, home or not
/// @dev Once per chain, always by the same deployer, because addresses follow from it:
///
///     forge script contracts/script/Deploy.s.sol \
///         --rpc-url <url> --account <deployer> --sender <its address> --broadcast
///
/// Without `--broadcast` it only tries. `CONFIG` names another folder than contracts/script/config, `DEPLOYMENTS` another
/// than deployments. Reads shared.json and the files of all chains; which chain it is, the node says.
///
/// Refused before anything is deployed:
/// - whatever is not decided yet (in angle brackets), and keys that everybody knows, except on development chains
/// - a council's Safe that does not stand already, made by `createProxyWithNonce` of the configured factory from exactly the
///   configured singleton, owners (in their order), threshold, fallback handler and salt nonce; or that has executed anything
/// - other people's contracts that are not what the configuration takes them for
/// - tokens with other decimals than configured
///
/// What stands already is left alone, so a broken run can be repeated; it is compared with the configuration, and a
/// difference is refused. Writes deployments/<chainId>.json when it broadcasts. A chain counts only once the Directory names
/// it.
contract Deploy is Script, ConfigFile, Record {
    error Deploy_WrongDeployer(address deployer, address configured);

    function run() external {
        ConfigTexts memory texts = _readTexts(vm.envOr("CONFIG", string("contracts/script/config")));
        string memory record = _deploy(texts, msg.sender, _sinceBlock());
        if (vm.isContext(VmSafe.ForgeContext.ScriptBroadcast)) _writeRecord(record);
    }

    /// @dev Returns the record.
    function _deploy(ConfigTexts memory texts, address deployer, uint256 sinceBlock) internal returns (string memory) {
        _requireDecided(texts);
        address configured = vm.parseJsonAddress(texts.shared, ".deployer");
        if (deployer != configured) revert Deploy_WrongDeployer(deployer, configured);
        Config memory config = _readConfig(texts);
        DirectoryGenesis memory genesis = _readGenesis(texts, _addresses(deployer));
        bool isHome = block.chainid == config.homeChainId;
        if (!DevelopmentChain.isHere()) _requireOwnKeys(deployer, config, genesis);
        _requireContractsOfOthers(config.others);
        _requireDecimals(genesis.tokens);

        vm.startBroadcast(deployer);
        Contracts memory contracts = _deployProtocol(deployer, config);
        if (isHome) _deployHome(deployer, config, genesis);
        vm.stopBroadcast();

        _requireAsConfigured(deployer, config);
        if (isHome) _requireHomeAsConfigured(deployer, config, genesis);
        return _recordProtocol(contracts, config, deployer, sinceBlock);
    }

    /// @dev The node is asked, because on some chains `block.number` counts the blocks of another one. A run that completes
    /// an earlier one keeps the earlier block.
    function _sinceBlock() private returns (uint256 number) {
        if (vm.exists(_recordPath())) return vm.parseJsonUint(vm.readFile(_recordPath()), ".sinceBlock");
        bytes memory answer = vm.rpc("eth_blockNumber", "[]");
        for (uint256 i = 0; i < answer.length; i++) {
            number = (number << 8) | uint8(answer[i]);
        }
    }
}
