// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface IAccomplice {
    function duringDeposit() external;
}

/// @title What a pool may be upgraded to
/// @dev Calls its accomplice and takes a part of what it was approved; says of everything that it is filled.
contract HostilePool {
    uint256 private immutable TAKEN_PPM;
    IAccomplice private immutable ACCOMPLICE;

    constructor(uint256 takenPpm, address accomplice) {
        (TAKEN_PPM, ACCOMPLICE) = (takenPpm, IAccomplice(accomplice));
    }

    /// @dev `unsafeDeposit`: the third word is the input token, the fifth the amount.
    fallback() external {
        (,, address token,, uint256 amount) = abi.decode(msg.data[4:], (bytes32, bytes32, address, bytes32, uint256));
        if (address(ACCOMPLICE) != address(0)) ACCOMPLICE.duringDeposit();
        IERC20(token).transferFrom(msg.sender, address(this), amount * TAKEN_PPM / 1_000_000);
    }

    function fillStatuses(bytes32) external pure returns (uint256) {
        return 2;
    }

    /// @dev The slot of the implementation, as the proxy wants to hear it.
    function proxiableUUID() external pure returns (bytes32) {
        return bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);
    }
}
