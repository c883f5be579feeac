// SPDX-License-Identifier: Apache-2.0

// Package permit decides whether an application may call an operation in its environment. What an
// application was granted becomes Cedar policies; an operator may add a file of policies, most of them
// forbids. The actions, and the groups they are in, are made from the contract: effect:read,
// scope:air:shop, class:money.
//
// Three rules stand above what policies say: an error while one is evaluated denies; nothing that is not
// permitted is allowed; and in a live environment only a grant that names the effect purchase opens what
// spends money. Policies that could not be judged, or that open more than they name, are refused when
// they are loaded, not when a request meets them.
//
// Not here: who the caller is (identity), what applications are (application), and the roles that count
// inside the built-in platform (actor). Errors: *PolicyError from New, *errs.Error from Compile and Decide.
package permit
