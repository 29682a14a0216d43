// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Script} from "forge-std/Script.sol";

import {DevnetRecord} from "./lib/DevnetRecord.sol";

/// @title Everything on one development chain: Safe, tokens, protocol
/// @dev Once per chain, home (31337) and second (31338), in either order or at the same time:
///
///     ENCLAVE=0x… forge script contracts/script/DeployDevnet.s.sol --rpc-url http://127.0.0.1:8545 \
///         --sender 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 --broadcast
///
/// - `ENCLAVE`: address of the enclave key. It is derived from the Checkpointer's address, which stands in
///   deployments/31337.json before anything is deployed.
/// - `RECORD=true` writes deployments/<chainId>.json. Without it the script refuses to deploy anything else than what is
///   recorded there.
///
/// anvil needs `--chain-id`, and `--accounts 18` or more so that every role has gas. What stands already is left alone.
contract DeployDevnet is Script, DevnetRecord {
    error DeployDevnet_WrongChain(uint256 chainId);
    error DeployDevnet_NotAsRecorded(string path);

    function run() external {
        if (block.chainid != HOME && block.chainid != SECOND) revert DeployDevnet_WrongChain(block.chainid);
        address enclave = vm.envAddress("ENCLAVE");

        vm.startBroadcast(_key(DEPLOYER));
        Deployed memory deployed = _deployDevnet(enclave);
        vm.stopBroadcast();

        string memory record = _record(deployed);
        if (vm.envOr("RECORD", false)) {
            _writeRecord(record);
        } else if (!_isSameJson(record, vm.readFile(_recordPath()))) {
            revert DeployDevnet_NotAsRecorded(_recordPath());
        }
    }
}
