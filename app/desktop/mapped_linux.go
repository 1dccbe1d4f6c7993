package desktop

import (
	"encoding/binary"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// mapsUsers is true in a user namespace that does not know every user
// (user_namespaces(7)).
var mapsUsers = sync.OnceValue(func() bool {
	data, err := os.ReadFile("/proc/self/uid_map")
	f := strings.Fields(string(data))
	return err == nil && (len(f) != 3 || f[0] != "0" || f[2] != "4294967295")
})

// isRemote is true if another computer, or a program, decides the owners of files at a
// path.
func isRemote(path string) bool {
	var fs unix.Statfs_t
	if unix.Statfs(path, &fs) != nil {
		return false
	}
	switch int64(fs.Type) & 0xFFFFFFFF {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC,
		unix.AFS_FS_MAGIC, unix.CEPH_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC, unix.CODA_SUPER_MAGIC:
		return true
	}
	return false
}

// File systems of Windows, of virtual machines and of other computers, by the number in
// their source. golang.org/x/sys does not name them.
const (
	wslMagic    = 0x53464846 // drvfs of WSL 1; WSL 2 has 9p
	vboxMagic   = 0x786F4256
	ntfsMagic   = 0x5346544E
	ntfs3Magic  = 0x7366746E
	vmhgfsMagic = 0xBACBACBC
)

// hasMountedModes is true if the modes at a path come from the way its file system is
// mounted.
func hasMountedModes(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && mountsModes(int64(fs.Type))
}

// mountsModes is about a type of file system, as statfs(2) has it.
func mountsModes(kind int64) bool {
	switch kind & 0xFFFFFFFF {
	case unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.V9FS_MAGIC, unix.FUSE_SUPER_MAGIC,
		unix.MSDOS_SUPER_MAGIC, unix.EXFAT_SUPER_MAGIC, wslMagic, vboxMagic, ntfsMagic, ntfs3Magic, vmhgfsMagic:
		return true
	}
	return false
}

// Tags and rights of an access control list, as acl(5) has it in this attribute.
const (
	aclAttribute = "system.posix_acl_access"
	aclUser      = 0x02
	aclGroup     = 0x08
	aclWrite     = 0x02
)

// grantsOthers is true if the list lets somebody write who is neither the owner nor in
// the group. It cannot grant more than the bits of the group.
func grantsOthers(path string) bool {
	list := make([]byte, 4<<10)
	n, err := unix.Lgetxattr(path, aclAttribute, list)
	if err != nil {
		return err == unix.ERANGE
	}
	for entry := list[min(n, 4):n]; len(entry) >= 8; entry = entry[8:] {
		tag, rights, id := binary.LittleEndian.Uint16(entry), binary.LittleEndian.Uint16(entry[2:]), binary.LittleEndian.Uint32(entry[4:])
		if rights&aclWrite == 0 {
			continue
		}
		if tag == aclUser && id != 0 && int(id) != os.Geteuid() || tag == aclGroup && !isOwnGroup(id) {
			return true
		}
	}
	return false
}
