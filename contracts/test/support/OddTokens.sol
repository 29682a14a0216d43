// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DevnetToken} from "./DevnetToken.sol";

// ERC-20 tokens as they are met in the wild. Each differs from the ordinary one in the point that its name says.

/// @dev USDT: transfers return nothing.
contract NoReturnToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @dev Failure is `false`, not a revert.
contract FalseReturnToken is DevnetToken("False", "FALSE", 18) {
    bool public broken;

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !broken && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !broken && super.transferFrom(from, to, amount);
    }
}

/// @dev Burns `feePpm` of what is transferred.
contract FeeToken is DevnetToken("Fee", "FEE", 18) {
    uint256 public feePpm = 10_000;

    function setFeePpm(uint256 feePpm_) external {
        feePpm = feePpm_;
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) _burn(to, amount * feePpm / 1_000_000);
    }
}

/// @dev Anybody's balance may shrink by itself.
contract RebasingToken is DevnetToken("Rebasing", "REB", 18) {
    function shrink(address holder, uint256 amount) external {
        _burn(holder, amount);
    }
}

/// @dev USDC: the issuer can block an address.
contract BlocklistToken is DevnetToken("Blocklist", "BLK", 6) {
    mapping(address => bool) public blocked;

    function setBlocked(address account, bool isBlocked) external {
        blocked[account] = isBlocked;
    }

    function _beforeTokenTransfer(address from, address to, uint256) internal view override {
        require(!blocked[from] && !blocked[to], "blocked");
    }
}

/// @dev ERC-777: calls back while it transfers. Whether that call went through is remembered.
contract CallbackToken is DevnetToken("Callback", "CALL", 18) {
    address private _target;
    bytes private _data;
    bool public called;
    bool public succeeded;
    bytes public reason;

    function setCallback(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _afterTokenTransfer(address from, address, uint256) internal override {
        if (from == address(0) || _target == address(0)) return;
        address target = _target;
        _target = address(0);
        called = true;
        (succeeded, reason) = target.call(_data);
        _target = target;
    }
}

/// @dev Burns all gas that it is given when it pays out.
contract GasBurningToken is DevnetToken("Gas", "GAS", 18) {
    function transfer(address, uint256) public pure override returns (bool) {
        while (true) {}
        return true;
    }
}

/// @dev Pays out only when it gets as much gas as it wants.
contract HungryToken is DevnetToken("Hungry", "HUN", 18) {
    uint256 public wants;
    uint256 public got;

    function setWants(uint256 wants_) external {
        wants = wants_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        got = gasleft();
        require(got >= wants, "hungry");
        return super.transfer(to, amount);
    }
}

/// @dev Fails with as much data as it can.
contract ReturnBombToken is DevnetToken("Bomb", "BOMB", 18) {
    function transfer(address, uint256) public pure override returns (bool) {
        assembly {
            revert(0, 10000)
        }
    }
}

/// @dev Does not answer for balances while it is down; a transfer brings it up again.
contract MoodyToken is DevnetToken("Moody", "MOOD", 18) {
    bool private _down;

    function setDown() external {
        _down = true;
    }

    function balanceOf(address account) public view override returns (uint256) {
        require(!_down, "maintenance");
        return super.balanceOf(account);
    }

    function _beforeTokenTransfer(address, address, uint256) internal override {
        _down = false;
    }
}

/// @dev Says that it moved the tokens, and did not.
contract LyingToken is DevnetToken("Lying", "LIE", 18) {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @dev Takes tokens away from whom it should give them to.
contract TakingToken is DevnetToken("Taking", "TAKE", 18) {
    function transferFrom(address, address to, uint256 amount) public override returns (bool) {
        _burn(to, amount);
        return true;
    }
}

/// @dev WETH9: a call of a function that it does not have succeeds and does nothing.
contract AnyCallToken is DevnetToken("Any Call", "ANY", 18) {
    fallback() external {}

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) public override {}
}

/// @dev Its issuer can make it answer nonsense for balances.
contract NonsenseToken is DevnetToken("Nonsense", "NON", 18) {
    uint256 private _nonsense;

    function setNonsense(uint256 nonsense) external {
        _nonsense = nonsense;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return _nonsense == 0 ? super.balanceOf(account) : _nonsense;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (_nonsense == 0) return super.transfer(to, amount);
        _nonsense = type(uint256).max;
        return true;
    }
}

/// @dev Refuses to move nothing.
contract NoZeroToken is DevnetToken("No Zero", "NOZ", 18) {
    function _beforeTokenTransfer(address, address, uint256 amount) internal pure override {
        require(amount != 0, "nothing");
    }
}

/// @dev Burns 1 % of what is transferred on top of it, at the sender's cost, once that is switched on.
contract FeeOnTopToken is DevnetToken("FeeOnTop", "TOP", 18) {
    bool private _on;

    function switchOn() external {
        _on = true;
    }

    function _afterTokenTransfer(address from, address to, uint256 amount) internal override {
        if (_on && from != address(0) && to != address(0)) _burn(from, amount / 100);
    }
}

/// @dev Forgets to lower the allowance.
contract StickyAllowanceToken is DevnetToken("Sticky", "STICK", 18) {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        require(allowance(from, msg.sender) >= amount, "allowance");
        _transfer(from, to, amount);
        return true;
    }
}

/// @dev Its issuer can stop it.
contract PausableToken is DevnetToken("Pausable", "PAUSE", 18) {
    bool private _paused;

    function pause() external {
        _paused = true;
    }

    function _beforeTokenTransfer(address, address, uint256) internal view override {
        require(!_paused, "paused");
    }
}

/// @dev Behind a proxy: its decimals change.
contract ChangingDecimalsToken is DevnetToken("Changing", "CHG", 18) {
    uint8 private _decimals = 18;

    function setDecimals(uint8 decimals_) external {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}

/// @dev Answers more than the one word that is expected.
contract LongReturnToken is DevnetToken("Long", "LONG", 18) {
    uint256 private immutable LENGTH;

    constructor(uint256 length) {
        LENGTH = length;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _transfer(msg.sender, to, amount);
        _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _answer();
    }

    function approve(address spender, uint256 amount) public override returns (bool) {
        super.approve(spender, amount);
        _answer();
    }

    function _answer() private view {
        bytes memory words = new bytes(LENGTH);
        words[31] = 0x01;
        assembly {
            return(add(words, 0x20), mload(words))
        }
    }
}

/// @dev Answers with a number that is neither true nor false, and moves the tokens.
contract TwoReturnToken is DevnetToken("Two", "TWO", 18) {
    uint256 private _answered = 1;

    function setAnswer(uint256 answer) external {
        _answered = answer;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        _transfer(msg.sender, to, amount);
        _answer();
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _answer();
    }

    function _answer() private view {
        uint256 answer = _answered;
        assembly {
            mstore(0, answer)
            return(0, 0x20)
        }
    }
}

/// @dev Refuses to move anything from somebody to himself.
contract NoSelfTransferToken is DevnetToken("No Self", "SELF", 18) {
    function _beforeTokenTransfer(address from, address to, uint256) internal pure override {
        require(from != to, "self");
    }
}

/// @dev USDT: an allowance is changed only from or to nothing.
contract ZeroFirstToken is DevnetToken("Zero First", "ZERO", 18) {
    function approve(address spender, uint256 amount) public override returns (bool) {
        require(amount == 0 || allowance(msg.sender, spender) == 0, "not from zero");
        return super.approve(spender, amount);
    }
}

/// @dev Once silent, it says that it moves tokens, and does not.
contract SilentToken is DevnetToken("Silent", "SIL", 18) {
    bool private _silent;

    function fallSilent() external {
        _silent = true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _silent || super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _silent || super.transferFrom(from, to, amount);
    }
}
