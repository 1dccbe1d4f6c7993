package auth

import (
	"context"
	"slices"
)

// Use puts an account first in [Accounts], as a sign-in would. One that is not
// there changes nothing.
func Use(ctx context.Context, store Store, lockDir, accountID string) error {
	return editIndex(ctx, store, lockDir, indexName, func(ids []string) []string {
		if !slices.Contains(ids, accountID) {
			return ids
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == accountID })
		return append([]string{accountID}, ids...)
	})
}
