"""Files on their way into a project: from a browser, an address or a folder of the server.

- ``names``      names of files and uploads, which are made here and never taken from outside
- ``uploads``    content that comes in chunks, and goes on where it stopped
- ``fetching``   content that is fetched from an address
- ``tables``     a table of a configured connection, as a CSV file
- ``folders``    files of the server that are in the project already
- ``archives``   what is in a zip or gzip archive, and chosen members of it
- ``detecting``  what was found out about a file, with what people corrected
- ``casting``    how many of its values read as the types chosen for them
- ``delivering`` the file as a new dataset's first delivery, or as one more of an existing dataset
"""
