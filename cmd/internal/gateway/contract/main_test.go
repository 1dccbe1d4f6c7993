package contract

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/portal/api/apitest"
)

// TestMain fails a whole run that has not seen each operation with each of its statuses, and each problem code.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(whole(m))
}

func whole(m *testing.M) int {
	record := os.Getenv(apitest.SeenVariable)
	if record == "" {
		folder, err := os.MkdirTemp("", "portico-contract")
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer os.RemoveAll(folder)
		record = filepath.Join(folder, "seen")
		if err := os.Setenv(apitest.SeenVariable, record); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	code := m.Run()
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if flag.Lookup(name).Value.String() != "" {
			return code // only a part
		}
	}
	c, err := apitest.Load()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	missing, err := c.Unseen(record)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if len(missing) > 0 {
		fmt.Printf("FAIL: no test has seen these of the OpenAPI file:\n  %s\n", strings.Join(missing, "\n  "))
		return 1
	}
	return code
}
