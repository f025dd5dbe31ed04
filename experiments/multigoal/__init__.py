"""Do the policies of SQL and SAC keep every mode of a symmetric world?"""
