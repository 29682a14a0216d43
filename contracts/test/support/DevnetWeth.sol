// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {WETH} from "solady/tokens/WETH.sol";

/// @title Wrapped native coin
/// @dev For the development chains and for tests only.
contract DevnetWeth is WETH {}
