// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRouter} from "../../src/DepositRouter.sol";
import {IPermit2} from "../../src/external/IPermit2.sol";
import {DevnetWeth} from "../support/DevnetWeth.sol";
import {Permit2Test} from "../support/Permit2Test.sol";
import {VaultTest} from "../support/VaultTest.sol";

/// @title What a deposit through the router costs: whole transactions, with the real Permit2
/// @dev Writes router.json; with FORGE_SNAPSHOT_CHECK=true it must not differ from what is committed. The account has
/// deposited before, as in the row `deposit` of gas.json.
/// forge-config: default.isolate = true
contract RouterGasTest is VaultTest, Permit2Test {
    string private constant PERMIT =
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    DevnetWeth private _weth;
    DepositRouter private _router;
    uint256 private _aliceKey;

    function setUp() public override {
        super.setUp();
        placePermit2();
        (, _aliceKey) = makeAddrAndKey("alice");
        _weth = new DevnetWeth();
        list(address(_weth));
        _router = new DepositRouter(address(registry), address(_weth));
        token.mint(alice, 1e24);
        vm.deal(alice, 1e24);
        useNonces();
    }

    function test_depositNative() public {
        vm.prank(alice);
        _router.depositNative{value: 1e18}(alice, 0);
        vm.snapshotGasLastCall("router", "depositNative");
    }

    function test_depositWithPermit() public {
        depositWithPermit(1);
        vm.snapshotGasLastCall("router", "depositWithPermit");
    }

    function test_depositWithPermit2() public {
        depositWithPermit2(1);
        vm.snapshotGasLastCall("router", "depositWithPermit2");
    }

    /// @dev The first deposit of each kind.
    function useNonces() private {
        vm.prank(alice);
        _router.depositNative{value: 1e18}(alice, 0);
        depositWithPermit(0);
        depositWithPermit2(0);
    }

    function depositWithPermit(uint256 nonce) private {
        uint256 deadline = block.timestamp + 1 hours;
        Permit memory permit = Permit(alice, address(_router), 1e18, nonce, deadline);
        bytes32 structHash = vm.eip712HashStruct(PERMIT, abi.encode(permit));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_aliceKey, digest);
        vm.prank(alice);
        _router.depositWithPermit(address(token), 1e18, alice, 0, deadline, v, r, s);
    }

    function depositWithPermit2(uint256 nonce) private {
        IPermit2.TokenPermissions memory permitted = IPermit2.TokenPermissions(address(token), 1e18);
        IPermit2.PermitTransferFrom memory permit =
            IPermit2.PermitTransferFrom(permitted, nonce, block.timestamp + 1 hours);
        bytes memory signature = signed(_aliceKey, depositDigest(permit, address(_router), DepositWitness(alice, 0)));
        vm.prank(courier);
        _router.depositWithPermit2(alice, permit, alice, 0, signature);
    }
}
