#include "tests/support/process.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace crossfade::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (std::string& string : strings) {
        result.push_back(string.data());
    }
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const std::string name = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const std::string& addition : additions) {
            replaced = replaced || addition.starts_with(name);
        }
        if (!replaced) {
            result.push_back(text);
        }
    }
    result.insert(result.end(), additions.begin(), additions.end());
    return result;
}

}  // namespace

pid_t spawn(const Spawn& what) {
    std::vector<std::string> arguments;
    if (what.as_server_user && geteuid() == 0) {
        arguments = {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"};
    }
    arguments.insert(arguments.end(), what.argv.begin(), what.argv.end());
    std::vector<std::string> environment = environment_with(what.environment);
    const std::string output = what.output.empty() ? "/dev/null" : what.output.string();

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (what.input >= 0) {
        posix_spawn_file_actions_adddup2(&actions, what.input, STDIN_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    if (what.as_server_user) {
        // The server's user may not be allowed to look into the folder we stand in.
        posix_spawn_file_actions_addchdir_np(&actions, "/");
    }
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    if (what.own_session) {
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    }
    pid_t process = -1;
    const int error = posix_spawnp(&process, arguments.front().c_str(), &actions, &attributes,
                                   pointers(arguments).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::runtime_error("cannot start " + arguments.front() + ": " + std::strerror(error));
    }
    return process;
}

int wait_for(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            throw std::runtime_error(std::string("waitpid: ") + std::strerror(errno));
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run(const Spawn& what) { return wait_for(spawn(what)); }

}  // namespace crossfade::test
