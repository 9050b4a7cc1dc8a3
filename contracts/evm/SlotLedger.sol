// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title The public memory of one electricity market.
/// @notice Keeps one Merkle root per delivery slot over the digests of that slot's contracts, and one word per
/// contract that people approved. Nothing here can be changed once written, and nothing here names a person.
/// @dev Leaves and pairs follow OpenZeppelin's StandardMerkleTree with the single type `bytes32`.
/// How to stop it: any holder of GUARD_ROLE calls `pause`; reading goes on. Only DEFAULT_ADMIN_ROLE resumes.
/// No Ether is accepted, no other contract is called.
contract SlotLedger is AccessControl, Pausable {
    /// @notice Writes roots and approvals.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// @notice May stop all writing, alone and at once.
    bytes32 public constant GUARD_ROLE = keccak256("GUARD_ROLE");

    /// @notice The root of a slot (slot lengths since the Unix epoch), zero before it is committed.
    mapping(uint64 slot => bytes32 root) public rootOf;
    /// @notice The digest of the experts' decision on a contract, zero when there is none.
    mapping(bytes32 digest => bytes32 decision) public decisionOf;

    event RootCommitted(uint64 indexed slot, bytes32 root);
    event ApprovalRecorded(bytes32 indexed digest, bytes32 decision);

    /// @notice A zero word cannot be told from "nothing written".
    error EmptyWord();
    /// @notice The slot has its root already; a root is never overwritten.
    error RootExists(uint64 slot, bytes32 root);
    /// @notice The contract has its decision already; a decision is never overwritten.
    error DecisionExists(bytes32 digest, bytes32 decision);

    constructor(address admin, address operator, address guard) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(OPERATOR_ROLE, operator);
        _grantRole(GUARD_ROLE, guard);
    }

    /// @notice Writes the root over all contracts of a slot, once.
    function commit(uint64 slot, bytes32 root) external onlyRole(OPERATOR_ROLE) whenNotPaused {
        if (root == 0) revert EmptyWord();
        bytes32 known = rootOf[slot];
        if (known != 0) revert RootExists(slot, known);
        rootOf[slot] = root;
        emit RootCommitted(slot, root);
    }

    /// @notice Writes the digest of the decision by which experts approved a contract, once.
    function recordApproval(bytes32 digest, bytes32 decision) external onlyRole(OPERATOR_ROLE) whenNotPaused {
        if (digest == 0 || decision == 0) revert EmptyWord();
        bytes32 known = decisionOf[digest];
        if (known != 0) revert DecisionExists(digest, known);
        decisionOf[digest] = decision;
        emit ApprovalRecorded(digest, decision);
    }

    /// @notice Whether a contract's digest is under the slot's root.
    /// @dev The leaf is hashed here, twice, so that an inner node can never pass for a contract.
    function verify(uint64 slot, bytes32 digest, bytes32[] calldata proof) external view returns (bool) {
        bytes32 root = rootOf[slot];
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(digest))));
        return root != 0 && MerkleProof.verifyCalldata(proof, root, leaf);
    }

    function pause() external onlyRole(GUARD_ROLE) {
        _pause();
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }
}
