// Asio's own code, compiled once: BOOST_ASIO_SEPARATE_COMPILATION leaves only declarations
// elsewhere.
#include <boost/asio/impl/src.hpp>
